"""What each service carries out is what the table says: each outcome is stated in each service that has it, and looked for."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.outcomes import CARRIED_OUT
from domain.services import POSTPONED_UNTIL_PAID, SERVICES, About
from policies.language.outcomes.table import OUTCOMES
from store import Keys
from tests.graph.changes import CHANGES
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.service import NOW, REGIONS, GraphService, serve_graph

RULES = {
    "promise": "promise: {what: sample, within: 3 natural days, counted_from: submitted}",
    "charge": "charge: {fee: sample_{service}, amount: 3 yuan, due: after}",
    "archive": "archive: [kinship_proof]",
    "tell": "tell: true, message: {zh: 示例告知。, en: A sample.}",
}
CHANGING = {
    "apply": "applyForCard",
    "deliver": "setDelivery",
    "withdraw": "withdrawApplication",
    "accept": "acceptForProduction",
    "request_correction": "requestCorrection",
    "correct": "correctApplication",
    "produce": "recordProduced",
    "ship": "recordShipped",
    "receive": "confirmReceipt",
    "report_lost_in_post": "reportLostInPost",
    "activate": "activateCard",
    "report_temporary_loss": "reportTemporaryLoss",
    "report_formal_loss": "reportFormalLoss",
    "cancel_loss_report": "cancelLossReport",
    "reissue": "reissueCard",
    "set_password": "setServicePassword",
    "change_password": "changeServicePassword",
    "reset_password": "resetServicePassword",
    "update_information": "updateInformation",
    "transfer_in": "transferCardIn",
    "cancel": "cancelCard",
    "close_account": "closeAccount",
    "bind_card": "bindCard",
}
"""The mutations of services that keep an operation."""


def _state(regions: Path) -> None:
    """State each outcome in every service that carries it out, in the highest region that offers the service."""
    for name, known in CARRIED_OUT.items():
        file = min(regions.rglob(f"{name}.yaml"), key=lambda path: len(path.parts), default=None)
        for word, rule in RULES.items():
            if file is not None and word in known.outcomes:
                with file.open("a", encoding="utf-8") as rules:
                    rules.write(f"\n  sample_{word}: {{{rule.replace('{service}', name)}, source: assumption}}\n")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, keys: Keys, request: pytest.FixtureRequest) -> Iterator[GraphService]:  # fmt: skip
    """Serve the graph with every outcome stated in every service that carries it out."""
    folder = tmp_path_factory.mktemp("outcomes")
    regions = folder / "regions"
    shutil.copytree(REGIONS, regions)
    with (regions / "vocabulary/promises.yaml").open("a", encoding="utf-8") as words:
        words.write("\n  sample: {label: {zh: 示例, en: sample}}\n")
    with (regions / "vocabulary/fees.yaml").open("a", encoding="utf-8") as words:
        words.writelines(f"\n  sample_{name}: {{label: {{zh: 示例, en: sample}}}}\n" for name in CARRIED_OUT)
    _state(regions / "china")
    with (
        fresh_database("sqlite", request, folder) as url,
        serve_graph(folder, url, regions, key_variables(keys)) as running,
    ):
        yield running


def test_the_table_has_every_service_and_every_outcome() -> None:
    assert set(CARRIED_OUT) == set(SERVICES)
    assert frozenset[str]().union(*(known.outcomes for known in CARRIED_OUT.values())) == set(OUTCOMES)


def test_services_on_cards_end_what_waits_for_its_payment() -> None:
    on_cards = {name for name, service in SERVICES.items() if service.about is About.CARD and name != "reissue"}
    ending = {name for name in on_cards if "submitted" in CARRIED_OUT[name].lapses}
    assert ending == POSTPONED_UNTIL_PAID & on_cards


@pytest.mark.parametrize("name", CHANGING)
def test_what_a_service_says_is_told_and_kept_with_its_operation(service: GraphService, name: str) -> None:
    service.clock.set(NOW)
    mutation, known = CHANGING[name], CARRIED_OUT[name].outcomes
    change = CHANGES[mutation](service, f"outcomes-{name}")
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    decided = "decision{promises{what} archive{document} advice{message{en}}}"
    kept = "operation{archive promisedAt due fees{fee amount service}}"
    document = f"mutation($input: {kind}!){{{mutation}(input: $input){{{kept} {decided} errors{{code}}}}}}"
    payload: dict[str, Any] = change.caller.ask(document, {"input": change.given})[mutation]
    assert payload["errors"] == []
    operation, decision = payload["operation"], payload["decision"]
    assert ("kinship_proof" in operation["archive"]) is ("archive" in known)
    # What the application promised is kept when it is withdrawn.
    assert (operation["promisedAt"] is not None) is ("promise" in known or name == "withdraw")
    # What is done at once can be paid later as well.
    assert ({"fee": f"sample_{name}", "amount": 300, "service": name} in operation["fees"]) is ("charge" in known)
    assert operation["due"] >= (300 if "charge" in known else 0)
    assert ("A sample." in [advice["message"]["en"] for advice in decision["advice"]]) is ("tell" in known)
