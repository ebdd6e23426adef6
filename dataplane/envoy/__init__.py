"""The compiler: a snapshot in, Envoy resources and problems out."""
