"""Putting the service together: settings, keys, and every part handed to the next. Only main.py and tests use it."""
