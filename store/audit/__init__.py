"""The audit record: its entries, the chain of each process, the seals, and what finds that somebody has bent it."""
