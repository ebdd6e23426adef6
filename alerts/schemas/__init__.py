"""What the REST API of alerts takes and gives."""
