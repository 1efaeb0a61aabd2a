"""How long tests wait for what should come: far longer than it takes, so that no test fails because a machine is slow."""

from dataclasses import replace
from typing import Final

from gateways.pictures import PICTURES

PATIENCE: Final = 300
"""Seconds."""
PICTURES_WITH_PATIENCE: Final = replace(PICTURES, seconds=PATIENCE)
"""What limits the processes that look at pictures, but for the time: on a busy machine their start alone may take seconds."""
