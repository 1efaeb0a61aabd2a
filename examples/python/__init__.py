"""Recipes in Python, with httpx: a card maker's night, a bank's closing of accounts, a hospital's check of a card."""
