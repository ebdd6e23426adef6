"""Chat and paging services, spoken to by a process of its own."""
