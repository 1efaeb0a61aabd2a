"""Small countries of one city over the real words: rules for services, and a request for each service that nothing else refuses."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from gateways.working_calendar import ChineseWorkingCalendar
from policies.cases.case_files import Case, load_cases
from policies.engine.decide import Policies
from policies.source.faults import PolicyFaults
from policies.tree.tree import load_tree
from tests.policies.support.random_words import write_yaml
from tests.policies.support.regions import REGIONS

CITY = "510100"
COVER = "choice.cover"
"""A choice that the city lets people make besides."""
DAY = date(2026, 3, 2)
AT_THE_WINDOW = {"request.channel": "service_window", "request.role": "clerk"}
_PASSWORD = {"password.length": 8, "password.digits_only": True, "password.simple": False}
_WAITING = {"operation.delivery_method": "outlet"}
REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "apply": {"actor.relation": "self", "choice.bank": "icbc"},
    "deliver": {"actor.relation": "self", "choice.delivery": "outlet", "operation.state": "submitted"},
    "withdraw": {"actor.relation": "self", "operation.state": "submitted"},
    "accept": {**AT_THE_WINDOW, **_WAITING, "actor.relation": "office", "operation.state": "submitted"},
    "request_correction": {**AT_THE_WINDOW, "actor.relation": "office", "operation.state": "accepted"},
    "correct": {"actor.relation": "self", "operation.state": "correction_requested"},
    "produce": {**AT_THE_WINDOW, "actor.relation": "office", "operation.state": "accepted"},
    "ship": {
        **AT_THE_WINDOW,
        "actor.relation": "office",
        "operation.state": "produced",
        "operation.delivery_method": "post",
    },
    "report_lost_in_post": {
        "actor.relation": "self",
        "operation.state": "shipped",
        "operation.delivery_method": "post",
        "card.state": "sealed",
    },
    "receive": {**AT_THE_WINDOW, **_WAITING, "actor.relation": "office", "operation.state": "produced"},
    "activate": {"actor.relation": "self", "card.state": "sealed"},
    "report_temporary_loss": {"actor.relation": "self", "card.state": "active"},
    "report_formal_loss": {"actor.relation": "self", "card.state": "active"},
    "cancel_loss_report": {"actor.relation": "self", "card.state": "formally_lost"},
    "reissue": {"actor.relation": "self", "card.state": "formally_lost", "choice.reissue_reason": "lost"},
    "set_password": {**_PASSWORD, "actor.relation": "self", "card.state": "active", "card.has_password": False},
    "change_password": {
        **_PASSWORD,
        "actor.relation": "self",
        "card.state": "active",
        "card.has_password": True,
        "password.same_as_old": False,
    },
    "reset_password": {**_PASSWORD, "actor.relation": "self", "card.state": "locked", "card.has_password": True},
    "update_information": {"actor.relation": "self", "card.state": "active", "change.fields": ["residence_address"]},
    "transfer_in": {"actor.relation": "self", "card.state": "active", "card.in_city": False, "card.in_province": True},
    "cancel": {"actor.relation": "self", "card.state": "active"},
    "close_account": {"request.role": "bank", "request.channel": "partner_system", "card.state": "cancelled"},
    "delegate": {"actor.relation": "self", "delegation.services": ["reissue"], "delegation.until": date(2026, 6, 30)},
    "revoke_delegation": {"actor.relation": "self"},
    "record_guardianship": {**AT_THE_WINDOW, "holder.age": 10},
    "end_guardianship": {**AT_THE_WINDOW, "actor.relation": "self"},
    "confirm_guardianship": {
        **AT_THE_WINDOW,
        "actor.relation": "office",
        "operation.service": "record_guardianship",
        "operation.state": "submitted",
    },
    "object_to_guardianship": {
        "actor.relation": "self",
        "operation.service": "record_guardianship",
        "operation.state": "submitted",
    },
    "record_death": {**AT_THE_WINDOW, "request.role": "clerk", "actor.relation": "none"},
    "merge_holders": {**AT_THE_WINDOW, "request.role": "clerk"},
    "record_identity_document": {**AT_THE_WINDOW, "actor.relation": "self", "identity.type": "passport"},
    "status": {"actor.relation": "self", "card.state": "active"},
    "progress": {"actor.relation": "self", "operation.state": "submitted"},
    "use": {"request.role": "medical_institution", "card.state": "active"},
    "remind": {"card.state": "active"},
    "functions": {"card.state": "active"},
    "account_entries": {"actor.relation": "self"},
    "register": {"request.role": "citizen"},
    "post_account_entries": {"request.role": "settlement_system"},
    "bind_card": {"actor.relation": "self", "card.state": "active"},
    "pay": {"actor.relation": "self", "operation.state": "submitted", "operation.due": "10 yuan"},
    "lock": {**AT_THE_WINDOW, "card.state": "active", "card.has_password": True},
}
"""What is asked of each service, so that nothing but a policy refuses it."""

Rule = dict[str, Any]
MESSAGE = {"zh": "示例。", "en": "An example."}


def tree_of(folder: Path, rules: Mapping[str, Mapping[str, Rule]]) -> tuple[Policies, frozenset[tuple[str, str]]]:
    """Return the policies of a city with such rules, and the rules that it must do without: loading refuses them."""
    refused: set[tuple[str, str]] = set()
    while True:
        left = {
            service: {name: rule for name, rule in its.items() if (service, name) not in refused}
            for service, its in rules.items()
        }
        try:
            return _loaded(folder, left), frozenset(refused)
        except PolicyFaults as faults:
            found = {_rule_of(fault.place.file, fault.path) for fault in faults.faults}
            if found <= refused:
                raise
            refused |= found


def _rule_of(file: str, path: str) -> tuple[str, str]:
    """Return the service and the rule that a fault is about."""
    parts = path.split(".")
    return Path(file).stem, parts[1] if parts[0] == "rules" and len(parts) > 1 else ""


def _loaded(folder: Path, rules: Mapping[str, Mapping[str, Rule]]) -> Policies:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("facts.yaml", "sources.yaml", "calendar.yaml"):
        shutil.copyfile(REGIONS / name, folder / name)
    shutil.copytree(REGIONS / "vocabulary", folder / "vocabulary")
    for place in ("china", "china/sichuan", "china/sichuan/chengdu"):
        (folder / place).mkdir()
        for name in ("region.yaml", "vocabulary.yaml"):
            if (REGIONS / place / name).exists():
                shutil.copyfile(REGIONS / place / name, folder / place / name)
    with (folder / "china/sichuan/chengdu/vocabulary.yaml").open("a", encoding="utf-8") as file:
        file.write(
            f"  {COVER}: {{type: term, of: zones, origin: chosen, optional: true, label: {{zh: 封套, en: cover}}}}\n"
        )
    for service, its in rules.items():
        policy = {"title": MESSAGE, "source": "assumption", "rules": its}
        write_yaml(folder / "china/sichuan/chengdu" / f"{service}.yaml", policy)
        facts = {"request.role": "citizen", **REQUESTS[service]}
        case = {"name": service, "facts": facts, "expect": {"allowed": True}}
        write_yaml(
            folder / "china/sichuan/chengdu" / f"{service}.tests.yaml", {"defaults": {"date": DAY}, "cases": [case]}
        )
    tree = load_tree(folder)
    return Policies(tree, calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays))


def requests_of(policies: Policies) -> list[Case]:
    """Return one request for each service, of which nothing is expected but what the policies themselves say."""
    return [replace(case, expected={}) for case in load_cases(policies.tree)]
