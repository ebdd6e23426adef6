"""Change channels, contacts, groups, rules and ranges; answer notices; send again."""
