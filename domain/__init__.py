"""The words of the service as values: people, cards, operations, decisions, and what may become what.

Standard library only: everything else may import this package and it imports nothing of ours.
"""
