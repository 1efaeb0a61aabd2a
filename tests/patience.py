"""How long tests wait for what should come: far longer than it takes, so that no test fails because a machine is slow."""

from typing import Final

PATIENCE: Final = 300
"""Seconds."""
