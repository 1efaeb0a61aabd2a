"""Reviews: a service file says how often it is to be compared with its documents, and when that was last done."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from domain.duration import Duration, shift_date
from domain.message import Message
from policies.language.service import ServicePolicy
from policies.language.values import show_day, show_duration
from policies.words.notices import Notice


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
        every = show_duration(policy.review_every)
        message = Message(
            f"应每{every.zh}核对一次，但没有写明最近一次核对的日期",
            f"it is to be reviewed every {every.en}, and does not say when it last was",
        )
        remedy = Message(
            "与政策文件核对，然后写上 `reviewed:` 和当天的日期",
            "compare it with its documents, then add `reviewed:` and the day",
        )
        yield Notice("REVIEW_OVERDUE", review.place, message, remedy)
        return
    due = _due(review.last, policy.review_every)
    if due < today:
        every = show_duration(policy.review_every)
        message = Message(
            f"最近一次核对是在{show_day(review.last)}，应每{every.zh}核对一次：已于{show_day(due)}到期",
            f"it was reviewed on {review.last}, and is to be every {every.en}: since {due} it is due",
        )
        remedy = Message(
            "与政策文件核对，然后把 `reviewed:` 改为当天",
            "compare it with its documents, then set `reviewed:` to that day",
        )
        yield Notice("REVIEW_OVERDUE", review.place, message, remedy)
