"""Reviews: a service file says how often it is to be compared with its documents, and when that was last done."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from domain.duration import Duration, shift_date
from policies.notices import Notice
from policies.service import ServicePolicy


def _due(last: date, every: Duration) -> date:
    with suppress(ValueError, OverflowError):
        return shift_date(last, every)
    return date.max  # beyond the calendar


def overdue(policy: ServicePolicy, today: date) -> Iterator[Notice]:
    """Yield the review that the policy's own file is due, if it is.

    A file that does not say how often follows its parent's `review_every`, once it says when it was reviewed.
    """
    review = policy.review
    if review is None or policy.review_every is None:
        return
    if review.last is None:
        message = f"it is to be reviewed every {policy.review_every}, and does not say when it last was"
        remedy = "compare it with its documents, then add `reviewed:` and the day"
        yield Notice("REVIEW_OVERDUE", review.place, message, remedy)
        return
    due = _due(review.last, policy.review_every)
    if due < today:
        message = f"it was reviewed on {review.last}, and is to be every {policy.review_every}: since {due} it is due"
        remedy = "compare it with its documents, then set `reviewed:` to that day"
        yield Notice("REVIEW_OVERDUE", review.place, message, remedy)
