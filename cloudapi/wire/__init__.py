"""What travels: parameters, signatures and answers. Pure: no ORM, no settings."""
