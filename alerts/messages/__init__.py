"""What messages say, and the links in them."""
