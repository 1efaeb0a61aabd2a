"""Forms: what a mutation's input must hold for a service in a region, field by field and as JSON Schema."""
