"""When to tell: thresholds, lives, and which alert rule decides."""
