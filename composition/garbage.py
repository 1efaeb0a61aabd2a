"""When Python looks for garbage in the server.

What is loaded at the start, policies above all, lives as long as the process. Looking through it again and again for garbage
took 15 % of the processor and stopped every request for 0.2 s. It is set aside once it is loaded, and looked through only when
the policies are replaced.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

THRESHOLDS: Final = (10_000, 1, 2)
"""New objects after which the newest are looked through; after how many such looks the survivors are too; and after how many of
those all that was not set aside. When this was measured, a request left some 300 objects that only this freed (none since decision 17).
With 16 connections on SQLite, shares of the processor and longest stops: 4.0 %, 40 ms. Python's (700, 10, 10) with everything set
aside: 9.6 %, 98 ms; (5000, 10, 10): 8.8 %, 67 ms; (5000, 2, 3): 5.8 %, 49 ms; nothing set aside: 15.4 %, 201 ms."""


@contextmanager
def loading() -> Iterator[None]:
    """Look for no garbage while something is loaded that stays, and set it aside unseen.

    There is next to none, and a look at all that was loaded takes a tenth of the time to start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def set_loaded_aside() -> None:
    """Free what is garbage now, and let no collection look at what is left: it was loaded to stay.

    To be called whenever the policies are replaced. That frees the former ones, or the next call does if a request needs them
    still. It stops every request for as long as one look at everything takes, 0.2 s.
    """
    gc.set_threshold(*THRESHOLDS)
    # What is set aside is never freed, so what was loaded before must be looked at once more.
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def set_more_aside() -> None:
    """Do as `set_loaded_aside`, and leave alone what was set aside before: at the start, and in a fork for good.

    There looking at an object writes to it, and so gives the process a page of its own that it had shared with the others. Former
    policies are freed all the same, since nothing in them refers to itself.
    """
    gc.set_threshold(*THRESHOLDS)
    gc.collect()
    gc.freeze()
