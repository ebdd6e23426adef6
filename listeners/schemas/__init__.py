"""What the REST resources of this layer take and answer, by resource."""
