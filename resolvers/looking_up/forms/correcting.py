"""The form of a correction: what the service that is corrected asks for, all of which may be left as it was.

A correction itself asks for nothing: what it changes is judged as that service would judge it (`resolvers/changing/corrections.py`).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from resolvers.looking_up.forms.building import GivenInput
from resolvers.looking_up.forms.form import FieldGroup, Form, FormField, Needed

SERVICE: Final = "operation.service"
"""The fact on which it hangs whose form that is."""
_CORRECTABLE: Final = (FieldGroup.CHOICES, FieldGroup.DETAILS, FieldGroup.DECLARATIONS, FieldGroup.DOCUMENTS)


def correction_form(own: Form, inputs: Sequence[GivenInput], corrected: Sequence[Form]) -> Form:
    """Return the form of a correction.

    Args:
        own: what it asks for itself; inputs: the fields of its input.
        corrected: the forms of the services that may be corrected; of several, a field waits for which of them it is.
    """
    taken = {f"input.{given.path}" for given in inputs}
    found = {_key(field): field for field in own.fields}
    for form in corrected:
        for field in form.fields:
            # What a region adds stands below an input that all have, such as `evidence.declared`.
            if field.group in _CORRECTABLE and not taken.isdisjoint((field.path, field.path.rpartition(".")[0])):
                found.setdefault(_key(field), _as_it_was(field, which=len(corrected) > 1))
    order = {group: place for place, group in enumerate(FieldGroup)}
    return replace(own, fields=tuple(sorted(found.values(), key=lambda field: order[field.group])))


def _key(field: FormField) -> tuple[str, str]:
    return field.path, field.document.name if field.document is not None else ""


def _as_it_was(field: FormField, *, which: bool) -> FormField:
    """Return a field that nobody has to fill in; it waits for what decides whether the service asks for it at all."""
    waits_for = tuple(sorted({*field.waits_for, SERVICE} if which else field.waits_for))
    needed = Needed.PERHAPS if waits_for else Needed.NEVER
    return replace(field, needed=needed, waits_for=waits_for, instead_of=(), required=False)
