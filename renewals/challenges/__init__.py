"""The three ways to prove a name to an ACME server: present an answer, see that it is there, take it away."""
