"""Cases of the policies run through the service: arranged as records, asked for real, and what came of them compared."""

from rehearsal.running import Rehearsed, rehearse, rehearsed_json

__all__ = ["Rehearsed", "rehearse", "rehearsed_json"]
