"""Forms as the graph shows them: fields with the paths of the mutation's input, and the same as JSON Schema."""

from collections.abc import Iterator
from dataclasses import MISSING
from functools import cache
from typing import Any

import strawberry
from strawberry.types.base import StrawberryList, StrawberryOptional, get_object_definition
from strawberry.utils.str_converters import to_camel_case

from policies.language.values import as_json
from resolvers.looking_up.forms.building import FormQuestion, GivenInput, form_of
from resolvers.looking_up.forms.correcting import correction_form
from resolvers.looking_up.forms.form import GROUP_LABELS, FieldGroup, FieldType, Needed
from resolvers.looking_up.forms.form import Form as Found
from resolvers.looking_up.forms.form import FormField as FoundField
from resolvers.looking_up.forms.json_schema import json_schema, ui_schema
from resolvers.looking_up.requirements import Requirements
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import enum, field
from schema.kit.scalars import Json
from schema.kit.text import Text, text
from schema.services.request_input import RequestInput
from schema.types.terms import Term, term_node

enum(
    FieldType,
    "What a field of a form takes.",
    {
        FieldType.TEXT: "One line of text.",
        FieldType.LONG_TEXT: "Some lines of text.",
        FieldType.PASSWORD: "A password.",
        FieldType.MOBILE: "A mobile number.",
        FieldType.BOOLEAN: "True or false.",
        FieldType.INTEGER: "A whole number.",
        FieldType.DECIMAL: "A number as text, with up to six places.",
        FieldType.MONEY: "An amount in fen, a whole number.",
        FieldType.DATE: "A day: YYYY-MM-DD.",
        FieldType.TIME: "A time of day: HH:MM.",
        FieldType.MOMENT: "A moment with its zone.",
        FieldType.TERM: "One of the choices.",
        FieldType.TERMS: "Some of the choices.",
        FieldType.REGION: "A GB/T 2260 code.",
        FieldType.REGIONS: "Some of these codes.",
        FieldType.ID: "A global id that the graph gave.",
        FieldType.IDS: "Some of these ids.",
        FieldType.DOCUMENT: "A document to upload; its id goes into the list of the path.",
        FieldType.VERIFICATION_CODE: "The code from `requestVerificationCode`.",
        FieldType.FACE_CHECK: "The assertion of a face check.",
    },
)
enum(
    Needed,
    "Whether a field has to be filled in.",
    {
        Needed.ALWAYS: "It has to be, whatever else is known.",
        Needed.PERHAPS: "It has to be if the facts turn out so that it waits for.",
        Needed.INSTEAD: "It has to be, or else what may be given instead of it.",
        Needed.NEVER: "It may be left out.",
    },
)
enum(
    FieldGroup,
    "What the fields of a form are about, in the order of a form.",
    {
        FieldGroup.SUBJECT: "What the request is about; a front-end knows it.",
        FieldGroup.CHOICES: "What people choose.",
        FieldGroup.DETAILS: "What people fill in.",
        FieldGroup.DELIVERY: "How the card reaches its holder.",
        FieldGroup.DECLARATIONS: "What people state themselves.",
        FieldGroup.DOCUMENTS: "What is uploaded.",
        FieldGroup.IDENTITY: "How people show who they are.",
        FieldGroup.OFFICE: "What a clerk fills in; there where `request.role` is supposed to be `clerk`.",
    },
)


@sees(WITH_IT)
@strawberry.type(description="A field of a form.")
class FormField:
    """A field."""

    path: str = field("The input that it fills in, such as `input.evidence.details.mobile`; errors name the same.")
    type: FieldType = field("What it takes.")
    label: Text = field("What people call it.")
    help: Text | None = field("What to tell people, if there is more.")
    group: FieldGroup = field("What it is about.")
    order: int = field("Its place in the form, from 1.")
    choices: list[Term] = field("The words that it takes; those that are open where that is settled.")
    pattern: str | None = field("A regular expression of ECMAScript that fits what it takes.")
    max_length: int | None = field("How many characters it takes.")
    needed: Needed = field("Whether it has to be filled in.")
    waits_for: list[str] = field("Facts on which it hangs whether it has to be; suppose them, and ask again.")
    instead_of: list[str] = field(
        "Paths of what may be given instead, where one of several ways will do; of a document with its word after `#`."
    )
    hidden: bool = field("Whether a front-end knows it and people do not, such as an id.")
    document: Term | None = field("Of a document: which, a term of the documents vocabulary.")
    specification: Json = field("Of a document: what it must be, by attribute.")


@sees(WITH_IT)
@strawberry.type(description="Fields of a form that are about the same.")
class FormGroup:
    """A group."""

    group: FieldGroup = field("Which.")
    label: Text = field("What people call it.")


@sees(WITH_IT)
@strawberry.type(description="The form of a service in a region: what the input of its mutation must hold.")
class Form:
    """A form."""

    mutation: str = field("The mutation that takes it; `checkEligibility` takes it as `request`.")
    title: Text = field("What people call the service.")
    groups: list[FormGroup] = field("The groups of its fields, in order.")
    fields: list[FormField] = field("Its fields, in order.")
    found: strawberry.Private[Found]

    @strawberry.field(
        description="The form as JSON Schema 2020-12 of the mutation's input, with titles in the language of the request's"
        " Accept-Language header. What it accepts, the mutation can read."
    )
    def form_schema(self, info: Info) -> Json:
        """Write the schema."""
        return Json(json_schema(self.found, info.context.language))

    @strawberry.field(
        description="UI hints for react-jsonschema-form, which shows the form with these as it is. By itself it fills in the first of"
        " the choices of a `oneOf`, which nobody has chosen: set `experimental_defaultFormStateBehavior` to"
        ' `{ constAsDefaults: "skipOneOf" }`.'
    )
    def ui_schema(self) -> Json:
        """Write the hints."""
        return Json(ui_schema(self.found))


@cache
def inputs_by_service() -> dict[str, tuple[str, tuple[GivenInput, ...]]]:
    """Return, by service, the mutation that takes it and the fields of its input."""
    found: dict[str, tuple[str, tuple[GivenInput, ...]]] = {}
    for each in get_object_definition(RequestInput, strict=True).fields:
        kind: Any = each.type
        mutation = to_camel_case(each.python_name)
        found[kind.of_type.service] = (mutation, tuple(_walk(kind.of_type, "")))
    return found


def _walk(kind: Any, below: str) -> Iterator[GivenInput]:
    for each in get_object_definition(kind, strict=True).fields:
        inner: Any = each.type
        required = not isinstance(inner, StrawberryOptional) and each.default is MISSING is each.default_factory
        while isinstance(inner, StrawberryOptional | StrawberryList):
            inner = inner.of_type
        path = f"{below}{to_camel_case(each.python_name)}"
        definition = get_object_definition(inner)
        if definition is not None and definition.is_input and not isinstance(each.type, StrawberryList):
            yield from _walk(inner, f"{path}.")
        else:
            yield GivenInput(path, required)


def form_shown(found: Requirements) -> Form | None:
    """Return the form of a service as the graph shows it; None where no mutation takes the service."""
    if found.decision.service not in inputs_by_service():
        return None
    form, corrected = _form_of(found), [_form_of(each) for each in found.corrected()]
    if corrected:
        form = correction_form(form, inputs_by_service()[found.decision.service][1], corrected)
    groups = dict.fromkeys(each.group for each in form.fields)
    return Form(
        mutation=form.mutation,
        title=text(form.title),
        groups=[FormGroup(group=group, label=text(GROUP_LABELS[group])) for group in groups],
        fields=[_field(each, place) for place, each in enumerate(form.fields, start=1)],
        found=form,
    )


def _form_of(found: Requirements) -> Found:
    """Return the form of a service that a mutation takes, worked out once."""
    service = found.decision.service
    mutation, inputs = inputs_by_service()[service]

    def made() -> Found:
        return form_of(
            FormQuestion(
                mutation,
                inputs,
                service,
                found.decision.region,
                found.title,
                found.words,
                found.decision,
                found.waiting(),
                found.read,
                found.supposed,
            )
        )

    return found.once("form", made)


def _field(found: FoundField, place: int) -> FormField:
    return FormField(
        path=found.path,
        type=found.type,
        label=text(found.label),
        help=text(found.help) if found.help is not None else None,
        group=found.group,
        order=place,
        choices=[term_node(term) for term in found.choices],
        pattern=found.shape.pattern,
        max_length=found.shape.most if found.shape.pattern or found.type is FieldType.TEXT else None,
        needed=found.needed,
        waits_for=list(found.waits_for),
        instead_of=list(found.instead_of),
        hidden=found.shape.hidden,
        document=term_node(found.document) if found.document is not None else None,
        specification=Json({name: as_json(value) for name, value in found.specification.items()}),
    )
