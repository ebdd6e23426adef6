"""What the REST resources of the repository take and answer. A private key goes in and never out."""
