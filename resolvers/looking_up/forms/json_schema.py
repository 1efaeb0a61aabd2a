"""A form as JSON Schema 2020-12 of the mutation's input, and as the UI hints of react-jsonschema-form.

The schema is of the object that goes into the variable `input`: what it accepts, the mutation can read. Titles and help are in
one language. Keywords that begin with `x-` say what JSON Schema has no word for: the facts that a field waits for.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from domain.message import Language, Message
from resolvers.changing.input_paths import DOCUMENTS
from resolvers.looking_up.forms.form import GROUP_LABELS, FieldGroup, FieldType, Form, FormField, Needed

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
WAITS_FOR, INSTEAD_OF, NEEDED = "x-waits-for", "x-instead-of", "x-needed"
_MOST_DOCUMENTS: Final = 50
_DOCUMENT_ID: Final = "^RG9jdW1lbnQ6[A-Za-z0-9+/]+={0,2}$"
"""Global ids of documents: the beginning of each is the name of the type."""
_OBJECTS: Final[Mapping[str, Message]] = {
    "evidence": Message("填写和核验", "What is filled in and brought along"),
    "evidence.details": GROUP_LABELS[FieldGroup.DETAILS],
    "evidence.declared": GROUP_LABELS[FieldGroup.DECLARATIONS],
    "evidence.chosen": GROUP_LABELS[FieldGroup.CHOICES],
    "delivery": GROUP_LABELS[FieldGroup.DELIVERY],
    "delegate": Message("受托人", "Delegate"),
}
"""What people call the objects within an input, by the path below `input`."""
_DOCUMENTS_LABEL: Final = Message("上传的材料", "Uploaded documents")
_TO_UPLOAD: Final = Message("请上传：{}。", "Upload: {}.")


def _text(field: FormField, _: Language) -> Schema:
    shape = field.shape
    found: Schema = {"type": "string", "minLength": shape.least, "maxLength": shape.most, "pattern": shape.pattern}
    return {key: value for key, value in found.items() if value is not None}


def _number(field: FormField, _: Language) -> Schema:
    return {"type": "integer", "minimum": field.shape.least, "maximum": field.shape.most}


def _words(field: FormField, language: Language) -> Schema:
    return {
        "type": "string",
        "oneOf": [{"const": term.name, "title": term.label.text(language)} for term in field.choices],
    }


def _several(field: FormField, language: Language) -> Schema:
    least = 1 if field.needed is Needed.ALWAYS else 0
    return {
        "type": "array",
        "uniqueItems": True,
        "minItems": least,
        "maxItems": field.shape.most or 50,
        "items": _words(field, language),
    }


def _regions(field: FormField, language: Language) -> Schema:
    return {"type": "array", "uniqueItems": True, "maxItems": 50, "items": _text(field, language)}


_VALUES: Final[Mapping[FieldType, Callable[[FormField, Language], Schema]]] = {
    FieldType.BOOLEAN: lambda field, language: {"type": "boolean"},
    FieldType.INTEGER: _number,
    FieldType.MONEY: _number,
    FieldType.DATE: lambda field, language: {
        "type": "string",
        "format": "date",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    },
    FieldType.MOMENT: lambda field, language: {"type": "string", "format": "date-time"},
    FieldType.TERM: _words,
    FieldType.TERMS: _several,
    FieldType.REGIONS: _regions,
}
"""What a field of each type takes; of others, text."""
_WIDGETS: Final[Mapping[FieldType, str]] = {FieldType.PASSWORD: "password", FieldType.LONG_TEXT: "textarea"}


def json_schema(form: Form, language: Language) -> Schema:
    """Return the JSON Schema of a form's input, in one language."""
    root = _object(form.title.text(language))
    for field in form.fields:
        if field.type is not FieldType.DOCUMENT:
            _put(root, field, language)
    documents = [field for field in form.fields if field.type is FieldType.DOCUMENT]
    if documents:
        _holder(root, DOCUMENTS, language)["properties"]["documentIds"] = _documents(documents, language)
    _bind_delivery(root, form)
    return {"$schema": DIALECT, **root}


def _object(title: str | None) -> Schema:
    named = {"title": title} if title is not None else {}
    return {**named, "type": "object", "properties": {}, "required": [], "additionalProperties": False}


def _holder(root: Schema, path: str, language: Language) -> Schema:
    """Return the object that holds the field of a path; those on the way are made."""
    here, below = root, ""
    for name in path.split(".")[1:-1]:
        below = f"{below}.{name}".lstrip(".")
        if name not in here["properties"]:
            called = _OBJECTS.get(below)
            here["properties"][name] = _object(called.text(language) if called is not None else None)
        here = here["properties"][name]
    return here


def _put(root: Schema, field: FormField, language: Language) -> None:
    holder, name = _holder(root, field.path, language), field.path.rpartition(".")[2]
    value = _VALUES.get(field.type, _text)(field, language)
    if field.shape.fixed is not None:
        value = {"type": "string", "const": field.shape.fixed, "default": field.shape.fixed}
    holder["properties"][name] = {"title": field.label.text(language), **value, **_told(field, language)}
    if field.needed is Needed.ALWAYS or (field.required and not field.path.startswith("input.delivery.")):
        _require(root, field.path)


def _require(root: Schema, path: str) -> None:
    """Make a field required, with the objects that hold it."""
    here = root
    for name in path.split(".")[1:]:
        if name not in here["required"]:
            here["required"].append(name)
        here = here["properties"][name]


def _told(field: FormField, language: Language) -> Schema:
    told: Schema = {"description": field.help.text(language)} if field.help is not None else {}
    if field.needed in (Needed.PERHAPS, Needed.INSTEAD):
        told[NEEDED] = field.needed.value
    if field.waits_for:
        told[WAITS_FOR] = list(field.waits_for)
    if field.instead_of:
        told[INSTEAD_OF] = list(field.instead_of)
    return told


def _documents(fields: Sequence[FormField], language: Language) -> Schema:
    labels = [field.label.text(language) for field in fields]
    listed = ("、" if language == "zh" else ", ").join(labels)
    needed = [field for field in fields if field.needed is Needed.ALWAYS]
    return {
        "title": _DOCUMENTS_LABEL.text(language),
        "description": _TO_UPLOAD.text(language).format(listed),
        "type": "array",
        "uniqueItems": True,
        "maxItems": _MOST_DOCUMENTS,
        "items": {"type": "string", "pattern": _DOCUMENT_ID, "maxLength": 200},
        "x-documents": [
            {
                "type": field.document.name if field.document is not None else None,
                "title": field.label.text(language),
                NEEDED: field.needed.value,
                WAITS_FOR: list(field.waits_for),
            }
            for field in fields
        ],
        **({"x-least": len(needed)} if needed else {}),
    }


def _bind_delivery(root: Schema, form: Form) -> None:
    """Say what goes with a way of delivery: an outlet with one that is collected alone, and nothing without a way."""
    delivery = root["properties"].get("delivery")
    if delivery is None or "method" not in delivery["properties"]:
        return
    others = [name for name in delivery["properties"] if name != "method"]
    delivery["dependentRequired"] = {name: ["method"] for name in others}
    if "outlet" in others:
        elsewhere = {"properties": {"outlet": False}}
        collected = {"properties": {"method": {"enum": list(form.collected)}}, "required": ["method"]}
        delivery |= {"if": collected, "then": True, "else": elsewhere}


def ui_schema(form: Form) -> Schema:
    """Return the UI hints of react-jsonschema-form, with nothing that a front-end would have to add to it."""
    found: Schema = {}
    for field in form.fields:
        here, below = found, field.path.split(".")[1:]
        for name in below:
            order = here.setdefault("ui:order", [])
            if name not in order:
                order.append(name)
            here = here.setdefault(name, {})
        if field.shape.hidden or field.shape.fixed is not None:
            here["ui:widget"] = "hidden"
        elif field.type in _WIDGETS:
            here["ui:widget"] = _WIDGETS[field.type]
        elif field.type is FieldType.TERMS:
            here["ui:widget"] = "checkboxes"
    return found
