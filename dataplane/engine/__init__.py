"""The Envoy process: how it is started, adopted, watched, restarted and drained."""
