"""Rules that several services of a region share: one `rules.yaml` beside the service files.

A shared rule names its services, and means what it would mean in the region's file of each of them, before the rules
there. So it is read once for each, with that service's facts and settings; a fault that only some of them have names them.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from domain.message import Message
from domain.region import Region
from policies.language.inheritance import RuleText
from policies.language.sources import PolicyFile, Sources
from policies.language.vocabulary import Lexicon
from policies.source.faults import Fault, FaultLog, Unreadable
from policies.source.nodes import Scalar
from policies.source.reader import Value, read_entries, read_items


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


def read_shared_rules(value: Value, region: Region, words: Lexicon, offered: Collection[str]) -> SharedRules:
    """Read a region's `rules.yaml` as far as the rules' services; the rules are read with each service.

    Args:
        value: the whole file.
        region, words: where it stands and what can be named there.
        offered: the services that the region or a parent offers.
    """
    fields = value.fields((), ("source", "rules"))
    sources = Sources(PolicyFile.of(value.file, region), words, fields.get("source"))
    sources.check_default()
    rules: dict[str, dict[str, RuleText]] = {}
    for name, spec in read_entries(fields.get("rules")):
        before = len(spec.log.faults)
        with suppress(Unreadable):
            # Each service has a log of its own for the rule, so that it shows whose the faults are.
            services = _read_services(spec, words, offered)
            rules[name] = {service: RuleText(replace(spec, log=FaultLog()), sources, service) for service in services}
        spec.log.lose(before, f"rule {name}")
    return SharedRules(rules)


def _read_services(rule: Value, words: Lexicon, offered: Collection[str]) -> list[str]:
    entries = rule.entries()
    if "services" not in entries:
        remedy = Message("补上 `services: […]`，写明适用本规则的事项", "add `services: […]`: those that have this rule")
        raise rule.fault(
            "MISSING_KEY", Message("缺少 `services`", "`services` is missing"), remedy, rule.key("services")
        )
    listed = entries["services"]
    services = read_items(_some(listed), lambda item: _read_service(item, words, offered))
    if len(set(services)) < len(services):
        message = Message("列表中有重复的事项", "a service stands in this list twice")
        listed.fault("DUPLICATE_VALUE", message, Message("保留其中一个", "keep one of them"))
    if "replaces" in entries and entries["replaces"].is_list:
        # One that is listed and could not be read has had its fault there.
        written = [item.node.value for item in listed.items() if isinstance(item.node, Scalar)]
        read_items(_some(entries["replaces"]), lambda item: _check_among(item, written))
    return list(dict.fromkeys(services))


def _some(value: Value) -> Value:
    if value.is_list and not value.items():
        remedy = Message("写明一个事项，或删去本规则", "name one, or remove the rule")
        value.fault("MISSING_KEY", Message("列表中没有事项", "no service in the list"), remedy)
    return value


def _read_service(value: Value, words: Lexicon, offered: Collection[str]) -> str:
    name = value.text()
    words.check_term(value, "services", name)
    if name not in offered:
        message = Message(f"本地区和上级都没有开办 `{name}`", f"neither this region nor a parent offers `{name}`")
        remedy = Message(f"从列表中去掉，或新增 `{name}.yaml`", f"take it off the list, or add {name}.yaml")
        raise value.fault("UNKNOWN_SERVICE", message, remedy, f"service {name}")
    return name


def _check_among(value: Value, services: list[str]) -> None:
    name = value.text()
    if name not in services:
        message = Message(f"本规则的 `services` 里没有 `{name}`", f"`{name}` is not among the services of this rule")
        remedy = Message("只写 `services` 下列出的事项", "name only what stands under `services`")
        value.fault("UNKNOWN_SERVICE", message, remedy)


def _naming(fault: Fault, services: list[str]) -> Fault:
    names = [f"`{name}`" for name in services]
    zh, en = (
        f"就 {'、'.join(names)} 而言：{fault.message.zh}",
        f"for {', '.join(names)}: {fault.message.en}",
    )
    return replace(fault, message=Message(zh, en))
