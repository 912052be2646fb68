"""Events to provenance."""
