"""A form: fields in order, each with the path of the input that it fills in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.message import Message
from policies.language.vocabulary import Term


class FieldType(StrEnum):
    """What a field of a form takes."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    PASSWORD = "password"  # noqa: S105 - a kind of field
    MOBILE = "mobile"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    MOMENT = "moment"
    TERM = "term"
    TERMS = "terms"
    REGION = "region"
    REGIONS = "regions"
    ID = "id"
    IDS = "ids"
    DOCUMENT = "document"
    VERIFICATION_CODE = "verification_code"
    FACE_CHECK = "face_check"


class Needed(StrEnum):
    """Whether a field has to be filled in."""

    ALWAYS = "always"
    PERHAPS = "perhaps"
    INSTEAD = "instead"
    NEVER = "never"


class FieldGroup(StrEnum):
    """What the fields of a form are about."""

    SUBJECT = "subject"
    CHOICES = "choices"
    DETAILS = "details"
    DELIVERY = "delivery"
    DECLARATIONS = "declarations"
    DOCUMENTS = "documents"
    IDENTITY = "identity"
    OFFICE = "office"


GROUP_LABELS: Mapping[FieldGroup, Message] = {
    FieldGroup.SUBJECT: Message("办理事项", "What it is about"),
    FieldGroup.CHOICES: Message("选择", "Choices"),
    FieldGroup.DETAILS: Message("填写信息", "Details"),
    FieldGroup.DELIVERY: Message("领卡方式", "Delivery"),
    FieldGroup.DECLARATIONS: Message("本人申报", "Declarations"),
    FieldGroup.DOCUMENTS: Message("材料", "Documents"),
    FieldGroup.IDENTITY: Message("身份核验", "Proof of who you are"),
    FieldGroup.OFFICE: Message("由工作人员填写", "Filled in by the office"),
}
"""What people call the groups, in the order of a form."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What can stand in a field, whoever asks for it.

    Args:
        pattern: a regular expression that fits what is given from end to end, as ECMAScript writes it.
        least, most: characters; of numbers, values; of lists, items.
        hidden: a front-end knows it and people do not, such as an id.
        fixed: the one value that it can have.
    """

    pattern: str | None = None
    least: int | None = None
    most: int | None = None
    hidden: bool = False
    fixed: str | None = None


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form.

    Args:
        path: the input that it fills in, such as `input.evidence.details.residenceAddress`.
        type, shape: what it takes; choices: the words that it takes.
        label: what people call it; help: what to tell them.
        needed: whether it has to be filled in; waits_for: the facts that decide, where it perhaps has.
        instead_of: paths of what may be given in its place, where one of several ways will do; of a document with its word,
            such as `input.evidence.documentIds#passport`.
        document: of a document, its word; specification: what that must be.
        required: whether the input type itself demands it.
    """

    path: str
    type: FieldType
    label: Message
    group: FieldGroup
    help: Message | None = None
    choices: tuple[Term, ...] = ()
    shape: Shape = field(default_factory=Shape)
    needed: Needed = Needed.NEVER
    waits_for: tuple[str, ...] = ()
    instead_of: tuple[str, ...] = ()
    document: Term | None = None
    specification: Mapping[str, Any] = field(default_factory=dict)
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a service in a region.

    Args:
        mutation: that takes it, as the graph spells it; title: what people call the service.
        fields: in order; collected: the words of ways of delivery that go with an outlet of collection.
    """

    mutation: str
    title: Message
    fields: tuple[FormField, ...]
    collected: tuple[str, ...] = ()
