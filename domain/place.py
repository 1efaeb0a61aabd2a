"""Points on the map, and how far they are from each other."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Final

EARTH_RADIUS_KM: Final = 6371.0088
"""Mean radius of the earth (IUGG)."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point on the map.

    Args:
        latitude, longitude: in degrees, north and east, as maps of the same kind have them.
    """

    latitude: float
    longitude: float

    def kilometres_to(self, other: "Point") -> float:
        """Return the distance to another point along the ground, by the haversine formula; right within half a percent."""
        south, north = radians(self.latitude), radians(other.latitude)
        across = radians(other.longitude - self.longitude)
        chord = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin(across / 2) ** 2
        return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord)))
