"""The words of a vocabulary, as a region knows them."""

from domain.region import NATION
from policies.engine.decide import Policies
from policies.language.vocabulary import Term
from policies.source.faults import near
from resolvers.changing.declarations import impossible


def words_of(policies: Policies, vocabulary: str, region: str | None) -> tuple[Term, ...]:
    """Return the words of a vocabulary in the region's order.

    Args:
        region: GB/T 2260; the whole country if None.

    Raises:
        NotFound: the region is unknown.
        InvalidInput: there is no such vocabulary.
    """
    vocabularies = policies.deciding(region or NATION).words.vocabularies
    if vocabulary not in vocabularies:
        alike = near(vocabulary[:80], vocabularies)
        zh = f"是否应为{'、'.join(f'`{each}`' for each in alike)}？" if alike else "请核对名称"
        en = f"did you mean {', '.join(alike)}?" if alike else "check its name"
        raise impossible(
            "name", f"没有词表“{vocabulary[:80]}”，{zh}", f"there is no vocabulary {vocabulary[:80]}; {en}"
        )
    return tuple(vocabularies[vocabulary].terms.values())
