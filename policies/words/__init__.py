"""Rules, values, faults and warnings in words, for officers."""
