"""Invented data for trying the service out, and a small client that asks it the example documents."""
