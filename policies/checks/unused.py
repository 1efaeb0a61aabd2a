"""Settings that nothing reads."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from domain.message import Message
from policies.language.rule_reads import names_read
from policies.language.service import Rule
from policies.source.faults import Place
from policies.tree.region_policies import own_settings
from policies.tree.remembered import Remembered
from policies.tree.tree import PolicyTree
from policies.words.notices import Notice


@dataclass(frozen=True, slots=True)
class Use:
    """Which settings of some regions some rule reads.

    Args:
        defined: the names of the settings that their files define, by place; read: the places of those that are read.
    """

    defined: dict[Place, str]
    read: set[Place]

    @classmethod
    def of(cls, tree: PolicyTree) -> "Use":
        """Look at all settings and rules of a tree."""
        settings = own_settings(tree.regions.values())
        return cls({s.place: s.name for s in settings if s.place == s.origin}, _read(tree))

    def only(self, wanted: Callable[[Place], bool]) -> "Use":
        """Return what is known of the settings at some places."""
        return Use({p: n for p, n in self.defined.items() if wanted(p)}, {*filter(wanted, self.read)})

    def with_other(self, other: "Use") -> "Use":
        """Return this with what is known from other regions."""
        return Use(self.defined | other.defined, self.read | other.read)

    def notices(self) -> Iterator[Notice]:
        """Yield the settings that no rule reads, neither in their own region nor anywhere below it."""
        for place, name in self.defined.items():
            if place not in self.read:
                message = Message(f"没有规则使用 `{name}`", f"no rule reads `{name}`")
                yield Notice("SETTING_UNUSED", place, message, Message("删去，或让规则使用它", "remove it, or use it"))


def _read(tree: PolicyTree) -> set[Place]:
    """Return the places of the settings that rules read."""
    read: set[Place] = set()
    named = Remembered(names_read)
    names: Remembered[Mapping[str, Rule], frozenset[str]] = Remembered(
        lambda rules: frozenset[str]().union(*map(named, rules.values()))
    )
    seen: set[tuple[int, int]] = set()
    for place in tree.regions.values():
        here: set[str] = set()
        for policy in place.services.values():
            used = names(policy.rules)
            here |= used
            both = (id(policy.rules), id(policy.own_settings))
            if policy.own_settings and both not in seen:
                seen.add(both)
                read |= {setting.origin for name, setting in policy.own_settings.items() if name in used}
        # A service's own settings never have the name of a shared one.
        read |= {setting.origin for name, setting in place.shared_settings.items() if name in here}
    return read
