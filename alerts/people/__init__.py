"""Who is told, and when they want to be: contacts, groups, owners, quiet hours, digests."""
