"""The tables of a new database, by what they hold."""
