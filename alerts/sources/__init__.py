"""What is watched: each source reports what is, or may become, worth telling."""
