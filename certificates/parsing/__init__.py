"""From hostile bytes to certificates, keys and lists that fit together: pure modules, run in a process of their own."""
