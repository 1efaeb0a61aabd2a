"""Why a decision is as it is, what would turn it, and what holds in a region on a day."""
