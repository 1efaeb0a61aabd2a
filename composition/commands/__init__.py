"""The commands of `main.py`, one module for each."""
