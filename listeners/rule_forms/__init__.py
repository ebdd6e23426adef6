"""Forms of forwarding rules: a block for each condition and action, to which blocks are added by submitting."""
