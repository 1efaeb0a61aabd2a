"""YAML as officers write it: nodes with places, values read from them, faults, and slips that are told as such."""
