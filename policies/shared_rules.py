"""Rules that several services of a region share: one `rules.yaml` beside the service files.

A shared rule names its services, and means what it would mean in the region's file of each of them, before the rules
there. So it is read once for each, with that service's facts and settings; a fault that only some of them have names them.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from domain.region import Region
from policies.faults import Fault, FaultLog, Unreadable
from policies.inheritance import RuleText
from policies.reader import Value, read_entries, read_items
from policies.sources import Sources
from policies.vocabulary import Words


@dataclass(frozen=True, slots=True)
class SharedRules:
    """The shared rules of one region: by id, and then by service, each as that service reads it."""

    rules: Mapping[str, Mapping[str, RuleText]]

    @property
    def services(self) -> tuple[str, ...]:
        """The services that have one, in the order in which they are first named."""
        return tuple(dict.fromkeys(service for texts in self.rules.values() for service in texts))

    def of(self, service: str) -> dict[str, RuleText]:
        """Return the rules of one service by id, in the order of the file."""
        return {name: texts[service] for name, texts in self.rules.items() if service in texts}

    def record_faults(self, log: FaultLog) -> None:
        """Record what was wrong with the rules once all services have been read: each fault once."""
        for texts in self.rules.values():
            found: dict[Fault, list[str]] = {}
            for service, text in texts.items():
                for fault in dict.fromkeys(text.value.log.faults):
                    found.setdefault(fault, []).append(service)
            for fault, services in found.items():
                everywhere = len(services) == len(texts)
                log.faults.append(fault if everywhere else _naming(fault, services))


def read_shared_rules(value: Value, region: Region, words: Words, offered: Collection[str]) -> SharedRules:
    """Read a region's `rules.yaml` as far as the rules' services; the rules are read with each service.

    Args:
        value: the whole file.
        region, words: where it stands and what can be named there.
        offered: the services that the region or a parent offers.
    """
    fields = value.fields((), ("source", "rules"))
    sources = Sources(region, words, fields.get("source"))
    sources.check_default()
    rules: dict[str, dict[str, RuleText]] = {}
    for name, spec in read_entries(fields.get("rules")):
        with suppress(Unreadable):
            # Each service has a log of its own for the rule, so that it shows whose the faults are.
            services = _read_services(spec, words, offered)
            rules[name] = {service: RuleText(replace(spec, log=FaultLog()), sources, service) for service in services}
    return SharedRules(rules)


def _read_services(rule: Value, words: Words, offered: Collection[str]) -> list[str]:
    entries = rule.entries()
    if "services" not in entries:
        raise rule.fault("MISSING_KEY", "`services` is missing", "add `services: […]`: those that have this rule")
    listed = entries["services"]
    services = read_items(_some(listed), lambda item: _read_service(item, words, offered))
    if len(set(services)) < len(services):
        listed.fault("DUPLICATE_VALUE", "a service stands in this list twice", "keep one of them")
    if "replaces" in entries and entries["replaces"].is_list:
        read_items(_some(entries["replaces"]), lambda item: _check_among(item, services))
    return list(dict.fromkeys(services))


def _some(value: Value) -> Value:
    if value.is_list and not value.items():
        value.fault("MISSING_KEY", "no service in the list", "name one, or remove the rule")
    return value


def _read_service(value: Value, words: Words, offered: Collection[str]) -> str:
    name = value.text()
    words.check_term(value, "services", name)
    if name not in offered:
        message = f"neither this region nor a parent offers `{name}`"
        raise value.fault("UNKNOWN_SERVICE", message, f"take it off the list, or add {name}.yaml")
    return name


def _check_among(value: Value, services: list[str]) -> None:
    name = value.text()
    if name not in services:
        message = f"`{name}` is not among the services of this rule"
        value.fault("UNKNOWN_SERVICE", message, "name only what stands under `services`")


def _naming(fault: Fault, services: list[str]) -> Fault:
    return replace(fault, message=f"for {', '.join(f'`{name}`' for name in services)}: {fault.message}")
