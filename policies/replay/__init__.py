"""Decisions on record, answered again under other policies."""
