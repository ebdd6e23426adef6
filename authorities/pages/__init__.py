"""Pages of authorities and repositories, and what authorities publish to everybody."""
