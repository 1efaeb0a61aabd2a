"""What a service does with each outcome, in words: what comes of a rule beside the answer."""

from collections.abc import Mapping

from domain.message import Message

DONE: Mapping[str, Message] = {
    "deny": Message("不予办理，什么也不改变", "nothing is changed"),
    "require": Message("没有提供的，不予办理", "without it, nothing is changed"),
    "charge": Message("记入办件的账单，可以查询和缴纳", "booked on the operation, to be seen and paid there"),
    "waive": Message("从办件的账单中免去", "struck off the bill of the operation"),
    "refund": Message("已缴的通过支付机构退还", "what was paid is given back through the payment provider"),
    "promise": Message("应办结的日期记入办件，可以查询", "the day by which it is due is kept with the operation"),
    "lapse": Message(
        "从办完本事项的时刻起算，到期自动变更，不用任何人办理",
        "counted from the moment of this service; it happens by itself, and nobody has to do anything",
    ),
    "route": Message(
        "不在可选值之内的，不予办理；所选的记入办件",
        "what is not open is refused; what is chosen is kept with the operation",
    ),
    "archive": Message("列入办件的留存材料", "listed with the operation as what the office keeps"),
    "tell": Message("随办理结果告知", "told with the answer"),
}
"""By the word of the language."""
SHOWN = ("charge", "waive", "refund", "promise", "lapse", "archive")
"""Outcomes of which an officer is told what the service does: of the others it goes without saying."""
