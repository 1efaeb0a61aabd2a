"""Builds a form: the inputs that a mutation takes, as far as the policies of a region ask for them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from domain.decision import Decision, Need, Requirement
from domain.message import Message
from domain.services import Choice, takes
from gateways.mobile import mainland_pattern
from policies.language.values import Kind
from policies.language.vocabulary import FactDefinition, Lexicon, Term
from resolvers.changing.choosing import COLLECTED, METHODS
from resolvers.changing.declarations import choices_added
from resolvers.changing.input_paths import (
    BOUND_MOBILE_CODE,
    DOCUMENTS,
    FACE,
    MOBILE_CODE,
    path_of_detail,
    path_of_fact,
    path_of_need,
)
from resolvers.looking_up.forms.form import FieldGroup, FieldType, Form, FormField, Needed, Shape
from resolvers.looking_up.forms.inputs import (
    DETAIL_SHAPES,
    INPUTS,
    LEFT_TO_PROGRAMS,
    LONGEST,
    InputRow,
)

ROLE: Final = "request.role"
CLERK: Final = "clerk"
_FOREIGN: Final = r"|^\+(?!86)[1-9][0-9]{6,14}$"
"""Of mobile numbers from elsewhere a form knows no more; the service looks each up."""
_WHOLE: Final = Shape(least=-(2**53) + 1, most=2**53 - 1)
_VALUES: Final[Mapping[Kind, tuple[FieldType, Shape]]] = {
    Kind.BOOLEAN: (FieldType.BOOLEAN, Shape()),
    Kind.INTEGER: (FieldType.INTEGER, _WHOLE),
    Kind.MONEY: (FieldType.MONEY, _WHOLE),
    Kind.DECIMAL: (FieldType.DECIMAL, Shape(pattern=r"^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$")),
    Kind.DATE: (FieldType.DATE, Shape()),
    Kind.TIME: (FieldType.TIME, Shape(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")),
    Kind.MOMENT: (FieldType.MOMENT, Shape()),
    Kind.TEXT: (FieldType.TEXT, LONGEST),
    Kind.TERM: (FieldType.TERM, Shape()),
    Kind.TERMS: (FieldType.TERMS, Shape()),
    Kind.REGION: (FieldType.REGION, Shape()),
    Kind.REGIONS: (FieldType.REGIONS, Shape()),
}
_CODE_HELP: Final = Message(
    "请先获取短信验证码，再填写收到的验证码。",
    "Ask for a code with requestVerificationCode, then give the one that comes.",
)
_BOUND_CODE_HELP: Final = Message(
    "请先获取发到原手机号码的短信验证码（不填写手机号码），再填写收到的验证码。",
    "Ask for a code with requestVerificationCode, without a mobile number, then give the one that comes to the bound number.",
)
_FACE_HELP: Final = Message(
    "请先完成人脸识别。", "Have the face checked first, at the page that requestFaceCheck names."
)


@dataclass(frozen=True, slots=True)
class GivenInput:
    """A field of a mutation's input type.

    Args:
        path: below `input`, with dots; required: whether the type demands it.
    """

    path: str
    required: bool


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """What a form is made of.

    Args:
        mutation, inputs: which takes the service, and the fields of its input.
        service, region, title: of what; words: of the region.
        decision: what could apply; waiting: for each rule that hangs on facts not known yet, these facts.
        read: the facts that rules in force read; supposed: those that a front-end supposes, with their values.
    """

    mutation: str
    inputs: tuple[GivenInput, ...]
    service: str
    region: str
    title: Message
    words: Lexicon
    decision: Decision
    waiting: Mapping[str, tuple[str, ...]]
    read: frozenset[str]
    supposed: Mapping[str, Any]


def form_of(question: FormQuestion) -> Form:
    """Return the form of a service in a region."""
    building = _Building(question)
    order = {group: place for place, group in enumerate(FieldGroup)}
    fields = sorted(building.fields(), key=lambda each: order[each.group])
    collected = [
        term.name
        for term in question.words.vocabularies[METHODS].terms.values()
        if term.attributes.get(COLLECTED) is True
    ]
    return Form(question.mutation, question.title, tuple(fields), tuple(collected))


@dataclass(frozen=True, slots=True)
class _Ask:
    """One way in which a requirement asks for something."""

    requirement: Requirement
    need: Need


class _Building:
    def __init__(self, question: FormQuestion) -> None:
        self.question = question
        self.words, self.service = question.words, question.service
        self.asked: dict[str, list[_Ask]] = {}
        for requirement in question.decision.requirements:
            for needs in requirement.alternatives:
                for need in needs:
                    key = self._key(need)
                    if key is not None:
                        self.asked.setdefault(key, []).append(_Ask(requirement, need))

    def _key(self, need: Need) -> str | None:
        path = path_of_need(need.kind, need.name, self.service)
        return f"{path}#{need.name}" if path == DOCUMENTS else path

    def fields(self) -> Iterator[FormField]:
        """Yield every field that the input has and the policies leave a use for."""
        by_clerk = self.question.supposed.get(ROLE) == CLERK
        for given in self.question.inputs:
            if given.path.startswith("evidence."):
                if given.path == "evidence.sightedDocuments" and by_clerk:
                    yield self._plain(INPUTS[given.path], given)
            elif given.path not in LEFT_TO_PROGRAMS:
                row = INPUTS.get(f"{self.service}.{given.path}") or INPUTS[given.path]
                if (by_clerk or not row.clerk) and self._has_use(given, row):
                    yield self._plain(row, given)
        yield from self._evidence()

    def _has_use(self, given: GivenInput, row: InputRow) -> bool:
        """Say whether a field that people choose in has anything to do with what is decided."""
        if given.required and not given.path.startswith("delivery."):
            return True
        path = f"input.{given.path}"
        if given.path.startswith("delivery.") and not takes(self.service, Choice.DELIVERY):
            return False
        if row.fact is not None:
            return takes(self.service, row.fact) and (self._reads(row.fact) or path in self.asked)
        if given.path == "delivery.regionCode":
            return any(name.startswith("delivery.") for name in self.question.read)
        if given.path == "delivery.postcode":
            return path_of_detail("delivery_address") in self.asked
        return not given.path.startswith("delivery.") or path in self.asked

    def _reads(self, fact: str) -> bool:
        return any(name == fact or name.startswith(f"{fact}.") for name in self.question.read)

    def _plain(self, row: InputRow, given: GivenInput) -> FormField:
        path = f"input.{given.path}"
        definition = self.words.fact(row.fact) if row.fact is not None else None
        of = row.vocabulary or (definition.type.of if definition is not None else None)
        shape = replace(row.shape, fixed=self.question.region) if given.path == "regionCode" else row.shape
        # Of a delivery, the outlet is chosen with a way that is collected; the type says no more of it.
        required = given.required and not given.path.startswith("delivery.")
        made = FormField(
            path=path,
            type=row.type,
            label=definition.label if definition is not None else row.label,
            group=row.group,
            choices=self._choices(row.fact, of),
            shape=self._shape(row.type, shape),
            needed=Needed.ALWAYS if required else Needed.NEVER,
            required=given.required,
        )
        return self._with_asked(made, path)

    def _choices(self, fact: str | None, vocabulary: str | None) -> tuple[Term, ...]:
        """Return the words that can be chosen: those that every route has open, as far as that is settled."""
        if vocabulary is None or vocabulary not in self.words.vocabularies:
            return ()
        terms = self.words.vocabularies[vocabulary].terms
        routes = [r.offered for r in self.question.decision.routes if r.choice == fact and not r.conditional]
        first = routes[0] if routes else terms
        return tuple(terms[name] for name in first if name in terms and all(name in each for each in routes))

    def _shape(self, kind: FieldType, shape: Shape) -> Shape:
        if kind is FieldType.MOBILE:
            return replace(shape, pattern=mainland_pattern() + _FOREIGN, most=20)
        if kind in (FieldType.REGION, FieldType.REGIONS):
            return replace(shape, pattern=self.words.codes.pattern)
        return shape

    def _with_asked(self, made: FormField, key: str) -> FormField:
        """Return a field with what the policies ask of it."""
        asks = self.asked.get(key, [])
        needed, waits_for, instead = made.needed, set(made.waits_for), set(made.instead_of)
        for ask in asks:
            ways = [{self._key(need) for need in needs} for needs in ask.requirement.alternatives]
            in_every_way = all(key in way for way in ways)
            if not ask.requirement.conditional and in_every_way:
                needed = Needed.ALWAYS
            elif needed is not Needed.ALWAYS:
                needed = Needed.PERHAPS if ask.requirement.conditional else Needed.INSTEAD
            waits_for.update(self._waits(ask))
            instead.update(path for way in ways if key not in way for path in way if path is not None)
        sure = needed is Needed.ALWAYS
        messages = dict.fromkeys(ask.requirement.message for ask in asks if ask.need.kind != "declaration")
        return replace(
            made,
            needed=needed,
            waits_for=() if sure else tuple(sorted(waits_for)),
            instead_of=() if sure else tuple(sorted(instead)),
            help=made.help or next(iter(messages), None),
        )

    def _waits(self, ask: _Ask) -> tuple[str, ...]:
        if not ask.requirement.conditional:
            return ()
        facts = self.question.waiting.get(ask.requirement.rule, ())
        # A declaration is asked for because it is not known: it waits for the others.
        return tuple(fact for fact in facts if ask.need.kind != "declaration" or fact != ask.need.name)

    def _evidence(self) -> Iterator[FormField]:
        for term in self.words.vocabularies["details"].terms.values():
            path = path_of_detail(term.name)
            if path in self.asked and path.startswith("input.evidence."):
                kind, shape = DETAIL_SHAPES.get(term.name, (FieldType.TEXT, LONGEST))
                made = FormField(path, kind, term.label, FieldGroup.DETAILS, shape=self._shape(kind, shape))
                yield self._with_asked(made, path)
        yield from self._stated()
        for key in [key for key in self.asked if key.startswith(f"{DOCUMENTS}#")]:
            yield self._document(key)
        for path, kind, help_ in (
            (MOBILE_CODE, FieldType.VERIFICATION_CODE, _CODE_HELP),
            (BOUND_MOBILE_CODE, FieldType.VERIFICATION_CODE, _BOUND_CODE_HELP),
            (FACE, FieldType.FACE_CHECK, _FACE_HELP),
        ):
            if path in self.asked:
                label = self.asked[path][0].need.label
                made = FormField(path, kind, label, FieldGroup.IDENTITY, help_, shape=Shape(least=1, most=4_096))
                yield self._with_asked(made, path)

    def _stated(self) -> Iterator[FormField]:
        """Yield what is declared, and what the region lets people choose besides."""
        supposed = self.question.supposed.keys()
        declared = [
            fact
            for fact in self.words.facts.values()
            if fact.origin == "declared"
            and (
                path_of_fact(fact.name, self.service) in self.asked
                or (self._reads(fact.name) and fact.name in supposed)
            )
        ]
        yield from self._facts(declared, FieldGroup.DECLARATIONS)
        if takes(self.service, Choice.ADDED):
            chosen = [fact for fact in choices_added(self.words) if self._reads(fact.name)]
            yield from self._facts(chosen, FieldGroup.CHOICES)

    def _facts(self, definitions: Iterable[FactDefinition], group: FieldGroup) -> Iterator[FormField]:
        for definition in definitions:
            path = path_of_fact(definition.name, self.service) or ""
            kind, shape = _VALUES[definition.type.kind]
            needed = (
                Needed.ALWAYS
                if definition.name in self.question.supposed and group is FieldGroup.DECLARATIONS
                else Needed.NEVER
            )
            made = FormField(
                path,
                kind,
                definition.label,
                group,
                choices=self._choices(definition.name, definition.type.of),
                shape=self._shape(kind, shape),
                needed=needed,
            )
            yield self._with_asked(made, path)

    def _document(self, key: str) -> FormField:
        name = key.partition("#")[2]
        need = self.asked[key][0].need
        made = FormField(
            DOCUMENTS,
            FieldType.DOCUMENT,
            need.label,
            FieldGroup.DOCUMENTS,
            document=self.words.term("documents", name),
            specification=need.specification,
        )
        return self._with_asked(made, key)
