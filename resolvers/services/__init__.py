"""Use cases, one module for each service."""
