"""The calendar of ends: months and a year as pages, and feeds that calendar programs read."""
