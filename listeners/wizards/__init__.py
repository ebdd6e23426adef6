"""The listener wizard."""
