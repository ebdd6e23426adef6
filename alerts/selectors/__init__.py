"""Read channels, deliveries, notices and rules, and how all of it is."""
