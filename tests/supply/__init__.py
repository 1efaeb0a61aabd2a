"""What the service is made of: its list for others (SBOM), the licences, and what is known against it; from the locks, without a network."""
