"""What the data plane serves, frozen and sorted, without private keys."""
