"""What is warned of in policies that can be read: reviews, gaps, values that end, rules that never apply."""
