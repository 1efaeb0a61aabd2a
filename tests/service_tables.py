"""Tables of the docs that say what each service knows and takes, written from `domain/services.py`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from domain.facts import names_of
from domain.message import Message
from domain.services import RECORDS, SERVICES, Choice, Reach, records_of, services_taking, tells
from policies.tree.tree import load_tree
from tests.page_cells import Row, words

ROOT = Path(__file__).parent.parent


def known() -> Iterator[Row]:
    """Yield the facts of each record, with the services that know them."""
    yield (
        Message("记录", "record"),
        Message("事实", "facts"),
        Message("知道这些事实的事项", "services that know them"),
        Message("可能没有这一记录的事项", "services in which the record can be absent"),
    )
    for record in RECORDS:
        label = _LABELS[record]
        facts = (*names_of(record), *_FROM_FILES.get(record, ()))
        reached = {name: reach for name in SERVICES if (reach := records_of(name).get(record)) is not None}
        always, perhaps = ([n for n, reach in reached.items() if reach is which] for which in Reach)
        yield (
            Message(f"{label.zh} `{record}`", f"{label.en} `{record}`"),
            words(*facts),
            _all_of(always),
            words(*perhaps),
        )


_LABELS: Mapping[str, Message] = {
    "request": Message("本次请求", "this request"),
    "actor": Message("申请人或代办人，及其所在机构", "who acts, and their office"),
    "holder": Message("持卡人", "the holder"),
    "history": Message("持卡人的历史记录", "the holder's history"),
    "card": Message("社会保障卡", "the card"),
    "operation": Message("办件", "the operation"),
    "replaced": Message("被替换的旧卡", "the card that is replaced"),
    "choice": Message("申请人的选择", "what the applicant chose"),
    "declared": Message("本人申报", "what the applicant declared"),
    "delivery": Message("寄送", "the delivery"),
    "password": Message("新设的服务密码", "the new service password"),
    "change": Message("变更内容", "what is changed"),
    "insurance": Message("参保险种", "insurance kinds"),
    "delegation": Message("委托", "the delegation"),
    "guardian": Message("要登记或终止登记的监护人", "the guardian to be put on record, or off it"),
    "identity": Message("要登记的身份证件", "the identity document to be put on record"),
    "merge": Message("要合并的两条记录", "the two records to be merged"),
    "death": Message("去世情况", "the death"),
}
"""What people call the records."""
_FROM_FILES: Mapping[str, tuple[str, ...]] = {"history": ("…",), "declared": ("…",), "choice": ("…",)}
"""Records of which files define facts."""


def _all_of(services: list[str]) -> Message:
    """Name services, or those left out where these are fewer."""
    left_out = [name for name in SERVICES if name not in services]
    if not left_out:
        return Message("全部事项", "all")
    if len(left_out) * 2 > len(services):
        return words(*services)
    named = words(*left_out)
    return Message(f"全部事项，但不包括{named.zh}", f"all but {named.en}")


def choices() -> Iterator[Row]:
    """Yield what can be chosen, with the services that take it and those whose rules may read it besides."""
    yield (
        Message("选择", "choice"),
        Message("办理时可以选择的事项", "services with which it is chosen"),
        Message("还可以读取的事项", "services that read it besides"),
    )
    labels = load_tree(ROOT / "regions").regions["000000"].words.facts
    for choice in Choice:
        name = "choice.…" if choice is Choice.ADDED else choice.value
        label = Message("地区自设的选择", "what a region adds") if choice is Choice.ADDED else labels[choice].label
        taking = services_taking(choice)
        reading = [name for name in SERVICES if tells(name, choice) and name not in taking]
        read = words(*reading) if reading else Message("没有", "none")
        yield Message(f"`{name}`（{label.zh}）", f"`{name}`: {label.en}"), words(*taking), read
