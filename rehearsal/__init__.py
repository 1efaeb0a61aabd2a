"""Cases of the policies run through the service: arranged as records, asked for real, and what came of them compared."""
