"""Hand notices out: deliveries to those whom the rules name."""
