"""A policy as a solver sees it, and requests of which something holds."""
