"""What else is wrong with a request that cannot be looked for: an id in it is none, or leads to nothing that whoever asks may see.

It is read from the request alone, and from the words of the region that it names. So nothing is told of what is on record.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import DomainError, InvalidInput, NotFound, WrongInputs
from domain.services import records_of
from policies.engine.decide import Policies
from policies.language.vocabulary import Lexicon
from resolvers.changing import choosing
from resolvers.changing.declarations import parse_choices, parse_declarations
from resolvers.changing.details import details_of
from resolvers.changing.service_request import ServiceRequest, naming_inputs
from resolvers.changing.terms import require_term
from resolvers.changing.wrong_inputs import Wrong

REGION = "input.regionCode"


def look_beside(policies: Policies, request: ServiceRequest, wrong: Wrong) -> None:
    """Note what else is wrong with a request.

    Args:
        wrong: is told of what people filled in and cannot be; and, where the region is named, of what is none of its words.
    """
    more = Wrong()
    more.found.extend(request.wrong)
    details_of(request, policies.codes, more)
    if request.region is not None:
        try:
            words = policies.deciding(request.region).words
        except NotFound as unknown:
            more.found.append(InvalidInput(unknown.message, field=REGION, code=unknown.code))
        else:
            _look_at_words(words, request, more)
    with wrong, naming_inputs(request):
        more.refuse()


def _look_at_words(words: Lexicon, request: ServiceRequest, wrong: Wrong) -> None:
    """Note what is none of a region's words."""
    parse_declarations(words, request.declarations, wrong)
    added = parse_choices(words, request.choices, wrong) if "choice" in records_of(request.service) else {}
    choosing.require_known(words, request, {name: added.get(name) for name in request.choices}, wrong)
    require_sighted(words, request, wrong)


def require_sighted(words: Lexicon, request: ServiceRequest, wrong: Wrong) -> None:
    """Note the originals of which there is no such type."""
    for place, name in enumerate(request.sighted):
        with wrong:
            require_term(words, "documents", name, f"input.evidence.sightedDocuments.{place}")


@contextmanager
def looking_for(policies: Policies, request: ServiceRequest, field: str) -> Iterator[None]:
    """Tell of whoever a use case looks for before its request is decided, with all else that is wrong.

    Args:
        field: the input that names them.

    Raises:
        NotFound, WrongInputs: within, there is nobody.
    """
    try:
        yield
    except NotFound as missing:
        missing.field = missing.field or field
        raise with_what_is_beside(policies, request, missing) from None


def refuse_wrong(policies: Policies, request: ServiceRequest) -> None:
    """Refuse a request that cannot be looked for, as something that its use case takes is wrong; all else is told with it.

    Raises:
        InvalidInput: something is.
    """
    if request.wrong:
        wrong = Wrong()
        look_beside(policies, request, wrong)
        wrong.refuse()


def with_what_is_beside(policies: Policies, request: ServiceRequest, *missing: NotFound) -> DomainError:
    """Return the answer to a request that names what is not there, or not for whoever asks, with all else that is wrong with it."""
    wrong = Wrong()
    wrong.found.extend(InvalidInput(each.message, field=each.field, code=each.code) for each in missing)
    look_beside(policies, request, wrong)
    first = wrong.first()
    return missing[0] if len(first) == 1 else WrongInputs(first)
