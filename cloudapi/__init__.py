"""The cloud-compatible API: the cloud's own clients drive the product unmodified."""
