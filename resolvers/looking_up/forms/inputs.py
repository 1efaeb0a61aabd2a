"""What people call the fields of mutations' inputs, and what can stand in them, where no vocabulary says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from domain.message import Message
from resolvers.changing.details import MAX_DETAIL
from resolvers.looking_up.forms.form import FieldGroup, FieldType, Shape

_HIDDEN: Final = Shape(hidden=True)
_VISIBLE: Final = r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"
"""A character that can be seen, as `require_visible` has it."""
SEEN: Final = rf"^(?=.*\S){_VISIBLE}*$"
LONGEST: Final = Shape(pattern=SEEN, least=1, most=MAX_DETAIL)


@dataclass(frozen=True, slots=True)
class InputRow:
    """A field of an input.

    Args:
        label, type, group: as for `FormField`.
        fact: whose vocabulary, label and values it has; vocabulary: whose words it takes, where no fact has them.
        clerk: whether only a clerk fills it in.
    """

    label: Message
    type: FieldType = FieldType.TEXT
    group: FieldGroup = FieldGroup.SUBJECT
    shape: Shape = field(default_factory=Shape)
    fact: str | None = None
    vocabulary: str | None = None
    clerk: bool = False


def _id(zh: str, en: str, *, clerk: bool = False) -> InputRow:
    group = FieldGroup.OFFICE if clerk else FieldGroup.SUBJECT
    return InputRow(Message(zh, en), FieldType.ID, group, _HIDDEN, clerk=clerk)


def _text(zh: str, en: str, pattern: str | None, most: int, group: FieldGroup = FieldGroup.DETAILS) -> InputRow:
    return InputRow(Message(zh, en), FieldType.TEXT, group, Shape(pattern=pattern, least=1, most=most))


def _password(zh: str, en: str) -> InputRow:
    return InputRow(Message(zh, en), FieldType.PASSWORD, FieldGroup.DETAILS, Shape(least=1, most=MAX_DETAIL))


def _choice(zh: str, en: str, fact: str, kind: FieldType = FieldType.TERM) -> InputRow:
    return InputRow(Message(zh, en), kind, FieldGroup.CHOICES, fact=fact)


def _identity_type(zh: str, en: str) -> InputRow:
    return InputRow(Message(zh, en), FieldType.TERM, FieldGroup.DETAILS, vocabulary="identity_types")


def _day(zh: str, en: str) -> InputRow:
    return InputRow(Message(zh, en), FieldType.DATE, FieldGroup.DETAILS)


INPUTS: Final[Mapping[str, InputRow]] = {
    "regionCode": InputRow(Message("办理地区", "region"), FieldType.REGION, shape=_HIDDEN),
    "holderId": _id("持卡人", "holder"),
    "cardId": _id("社会保障卡", "card"),
    "operationId": _id("申请", "operation"),
    "delegationId": _id("委托", "delegation"),
    "guardianId": _id("监护人", "guardian"),
    "wardId": _id("被监护人", "ward"),
    "duplicateId": _id("重复的记录", "duplicate record"),
    "replacesId": _id("被换领的证件", "document that it replaces"),
    "presentPersonId": _id("到场的人", "who is there", clerk=True),
    "bank": _choice("发卡银行", "issuing bank", "choice.bank"),
    "outlet": _choice("办理网点", "outlet", "choice.outlet"),
    "reissue.reason": _choice("补换原因", "reason", "choice.reissue_reason"),
    "cancel.reason": _choice("注销原因", "reason", "choice.cancellation_reason"),
    "request_correction.reason": InputRow(
        Message("要修改什么", "what must be changed"), FieldType.LONG_TEXT, FieldGroup.DETAILS, Shape(SEEN, 1, 500)
    ),
    "insuranceKinds": _choice("险种", "insurance kinds", "insurance.chosen", FieldType.TERMS),
    "services": _choice("委托事项", "services", "delegation.services", FieldType.TERMS),
    "until": InputRow(Message("委托截止日期", "last day"), FieldType.DATE, FieldGroup.CHOICES),
    "delegate.name": _text("受托人姓名", "name of the delegate", SEEN, 100),
    "delegate.identityType": _identity_type("受托人证件类型", "identity document of the delegate"),
    "delegate.identityNumber": _text("受托人证件号码", "number of that document", SEEN, 100),
    "identityType": _identity_type("证件类型", "identity document"),
    "identityNumber": _text("证件号码", "number of the document", SEEN, 100),
    "record_identity_document.issuedOn": _day("签发日期", "day of issue"),
    "record_identity_document.expiresOn": _day("有效期截止日", "last day"),
    "diedOn": _day("去世日期", "day of death"),
    "person.name": _text("去世者姓名", "name of who has died", SEEN, 100),
    "person.identityType": _identity_type("去世者证件类型", "identity document of who has died"),
    "person.identityNumber": _text("去世者证件号码", "number of that document", SEEN, 100),
    "kinship": _text("与被监护人的关系", "kinship", SEEN, 100),
    "oldPassword": _password("原服务密码", "present password"),
    "newPassword": _password("新服务密码", "new password"),
    "newPasswordAgain": _password("再次输入新服务密码", "new password again"),
    "cardNumber": _text("社会保障卡号", "card number", "^[A-Z0-9]{6,32}$", 32),
    "generation": InputRow(
        Message("第几代卡", "generation"), FieldType.TERM, FieldGroup.DETAILS, vocabulary="card_generations"
    ),
    "socialSecurityNumber": _text("社会保障号码", "social security number", "^[A-Z0-9]{5,32}$", 32),
    "issuedOn": _day("发卡日期", "day of issue"),
    "expiresOn": _day("有效期至", "last day of validity"),
    "trackingNumber": _text("邮寄单号", "tracking number", "^[A-Za-z0-9-]{1,64}$", 64),
    "delivery.method": InputRow(
        Message("领卡方式", "way of delivery"), FieldType.TERM, FieldGroup.DELIVERY, fact="choice.delivery"
    ),
    "delivery.outlet": InputRow(
        Message("领卡网点", "outlet of collection"), FieldType.TERM, FieldGroup.DELIVERY, fact="choice.outlet"
    ),
    "delivery.regionCode": InputRow(
        Message("收件地区", "region of the address"), FieldType.REGION, FieldGroup.DELIVERY
    ),
    "delivery.recipient": InputRow(Message("收件人", "recipient"), group=FieldGroup.DELIVERY, shape=LONGEST),
    "delivery.mobile": InputRow(
        Message("收件人手机号码", "recipient's mobile number"), FieldType.MOBILE, FieldGroup.DELIVERY
    ),
    "delivery.address": InputRow(Message("收件地址", "delivery address"), group=FieldGroup.DELIVERY, shape=LONGEST),
    "delivery.postcode": InputRow(
        Message("收件地邮政编码", "postcode of the address"),
        group=FieldGroup.DELIVERY,
        shape=Shape("^[0-9]{6}$", 6, 6),
    ),
    "evidence.sightedDocuments": InputRow(
        Message("查验过的原件", "originals that were seen"),
        FieldType.TERMS,
        FieldGroup.OFFICE,
        Shape(most=50),
        vocabulary="documents",
        clerk=True,
    ),
}
"""By the path below `input`, with the service before it where the same name means several things."""
LEFT_TO_PROGRAMS: Final = frozenset({"idempotencyKey", "policyDigest"})
"""Fields of inputs that no form has: they are about the request itself."""
DETAIL_SHAPES: Final[Mapping[str, tuple[FieldType, Shape]]] = {
    "mobile": (FieldType.MOBILE, Shape()),
    "landline": (FieldType.TEXT, Shape(r"^(?=.*[0-9])[0-9 +()-]{5,20}$", 5, 20)),
    "residence_region": (FieldType.REGION, Shape()),
    "residence_postcode": (FieldType.TEXT, Shape("^[0-9]{6}$", 6, 6)),
    "card_number": (FieldType.TEXT, Shape("^[A-Za-z0-9]{6,32}$", 6, 32)),
    "remarks": (FieldType.LONG_TEXT, LONGEST),
}
"""What can stand in details that are no plain text."""
