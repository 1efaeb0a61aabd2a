"""What the parts of the graph weigh, and how long the lists and texts of its inputs may be: the one table of both.

A **point** is what one plain field of an answer takes: some 10 microseconds of one processor, resolved and written out.
All figures were taken in November 2026 with the nine regions of then, over ASGI, as CPU time of the process (the median of 20
requests, or of 40 different days where a policy has to be worked out anew for each). Who measures again on another machine
compares the figures with that of a plain field, not with the clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    get_nullable_type,
)

from policies.explain.ways import MAX_WAYS
from policies.source.reader import MAX_FILE_BYTES
from policies.tree.overlay import MAX_FILES
from resolvers.changing.batches import MOST_ROWS
from resolvers.policy_tools.explain import MOST_EVIDENCE, MOST_PAST
from resolvers.services.delegate import MAX_SERVICES
from resolvers.services.post_account_entries import MAX_ENTRIES

POINTS: Final = "points"
"""Key of a field's extensions: the points that it takes by itself, one if absent."""
ITEMS: Final = "items"
"""Key of a field's extensions: how many items its list usually has; one if absent."""
BOUND: Final = "bound"
"""Key of the extensions of an argument or input field: the `Bound` of its list."""
CHARACTERS: Final = "characters"
"""Key of the extensions of an argument or input field: how long its text may be, `MOST_CHARACTERS` if absent."""

CHARACTERS_A_POINT: Final = 1_000
"""Texts of inputs are read several times; a thousand characters more are noticed about as much as a field more."""

MOST_CHARACTERS: Final = 4_096
"""Of a text that people or systems fill in; the longest are tokens of face checks. Every text is held to it, ids too."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How long a list of an input may be.

    Args:
        most: items; a longer list is refused before anything is computed.
        each: points of one item, besides those of lists and texts in it.
    """

    most: int
    each: int = 1


MOST: Final = 50
"""Items of a list that people fill in."""

INPUT_LISTS: Final[Mapping[str, Bound]] = {
    "EvidenceInput.declarations": Bound(MOST, 2),
    "EvidenceInput.choices": Bound(MOST, 2),
    "EvidenceInput.documentIds": Bound(MOST, 2),
    "EvidenceInput.sightedDocuments": Bound(MOST),
    "Query.card(sightedDocuments:)": Bound(MOST),
    "Query.findCard(sightedDocuments:)": Bound(MOST),
    "Query.operation(sightedDocuments:)": Bound(MOST),
    "Query.accountEntries(sightedDocuments:)": Bound(MOST),
    "CheckEligibilityInput.insuranceKinds": Bound(MOST),
    "TransferCardInInput.insuranceKinds": Bound(MOST),
    "DelegationInput.services": Bound(MAX_SERVICES),
    "GrantDelegationInput.services": Bound(MAX_SERVICES),
    "OperationFilterInput.states": Bound(MOST),
    "AuditFilterInput.kinds": Bound(MOST),
    # A fact is looked up, read and put in force: 20 µs. The largest service of a region reads some 60 facts.
    "Query.requirements(suppose:)": Bound(100, 2),
    "Query.explain(suppose:)": Bound(100, 2),
    "Query.explain(evidence:)": Bound(MOST_EVIDENCE),
    # Each moment is counted by every rule that counts: 60 µs.
    "Query.explain(past:)": Bound(MOST_PAST, 6),
    "PastInput.attributes": Bound(10),
    # An entry is looked up and written: 80 µs without the database's own share.
    "PostAccountEntriesInput.entries": Bound(MAX_ENTRIES, 8),
    # A change of its own, 4 ms and more, for offices and partners alone; rows end with the time of a request.
    "AcceptBatchInput.rows": Bound(MOST_ROWS, 20),
    "RecordProducedBatchInput.rows": Bound(MOST_ROWS, 20),
    "RecordShippedBatchInput.rows": Bound(MOST_ROWS, 20),
    "ConfirmReceiptBatchInput.rows": Bound(MOST_ROWS, 20),
    # Lighter, so that 500 rows with what was brought along for each are one batch.
    "ApplyBatchInput.rows": Bound(MOST_ROWS, 10),
    "RegisterHolderBatchInput.rows": Bound(MOST_ROWS, 20),
    "ImportCardsBatchInput.rows": Bound(MOST_ROWS, 20),
    "ImportedCardInput.insuredIn": Bound(MOST),
    "ImportedCardInput.employedIn": Bound(MOST),
    "Query.policyDraft(files:)": Bound(MAX_FILES, 10),
    # Each is looked up as by `node`, all of a level together.
    "Query._entities(representations:)": Bound(100, 100),
}
"""The bound of every list of an input, by its type and field, or by its field and argument."""

INPUT_TEXTS: Final[Mapping[str, int]] = {"PolicyFileInput.text": MAX_FILE_BYTES}
"""How long the texts of inputs may be that may be longer than others, in characters."""

PAGED: Final = 1
"""The items of a connection's page, which `first` counts already."""

OUTPUT_LISTS: Final[Mapping[str, int]] = {
    "*.errors": 5,
    "UserError.choices": 3,
    "*.values": 2,
    # Records, as many as most people have. Nobody is kept from having more.
    "Holder.cards": 2,
    "Holder.cardsElsewhere": 1,
    "Holder.documents": 3,
    "Holder.proposedDuplicates": 1,
    "Holder.namesakes": 2,
    "Holder.delegations": 5,
    "Holder.delegatedBy": 5,
    "Holder.guardianships": 2,
    "Guardianship.papers": 3,
    "Guardianship.paperTerms": 3,
    "Holder.wards": 2,
    "Delegation.services": 10,
    "Delegation.serviceTerms": 10,
    "Card.history": 5,
    "Card.functions": 10,
    "Card.reminders": 3,
    "Operation.fees": 3,
    "Operation.refunds": 1,
    "Operation.documents": 3,
    "Operation.payments": 1,
    "NextStep.by": 2,
    "NextStep.byTerms": 2,
    "NextStep.otherwise": 1,
    "NextStep.otherwiseTerms": 1,
    "Operation.archive": 5,
    "Operation.archiveTerms": 5,
    "Operation.sighted": 5,
    "Operation.sightedTerms": 5,
    "Operation.details": 6,
    "Operation.archived": 4,
    "ArchivedMaterial.fileIds": 3,
    "Operation.timeline": 6,
    "Operation.progress": 4,
    "Operation.decisions": 4,
    "AccessConnection.edges": PAGED,
    "NoticeConnection.edges": PAGED,
    "CardConnection.edges": PAGED,
    "HolderConnection.edges": PAGED,
    "DelegationConnection.edges": PAGED,
    "CardStateEntryConnection.edges": PAGED,
    "TimelineEntryConnection.edges": PAGED,
    "RecordedDecisionConnection.edges": PAGED,
    # As many as the input has, which weigh there.
    "*.rows": PAGED,
    "OperationConnection.edges": PAGED,
    "AuditConnection.edges": PAGED,
    "AccountEntryConnection.edges": PAGED,
    "AccountToCloseConnection.edges": PAGED,
    "Query.heldInsurance": 6,
    "Query._entities": 20,
    # Regions and what they publish. There are nine; what all of them have opened (NX-0) can be asked in one request. With
    # hundreds of cities this must grow, and the list be handed out in pages.
    "Query.regions": 40,
    "Region.services": 35,
    "Region.serviceTerms": 35,
    "CrossProvince.services": 5,
    "CrossProvince.banks": 5,
    "Query.cardFunctions": 10,
    "Query.vocabulary": 30,
    "OutletConnection.edges": PAGED,
    "Query.comingChanges": 50,
    "ComingChange.services": 10,
    "Policies.faults": 20,
    "Policy.settings": 15,
    "Policy.rules": 30,
    "PolicyRule.facts": 4,
    "PolicyRule.insteadOf": 2,
    # Decisions, on average over all services and regions, rounded up.
    "Usability.advice": 3,
    "Usability.reasons": 3,
    "Decision.denials": 8,
    "Decision.missing": 5,
    "Decision.requirements": 8,
    "Decision.charges": 3,
    "Decision.refunds": 1,
    "Decision.promises": 2,
    "Decision.lapses": 2,
    "Decision.routes": 4,
    "Decision.archive": 3,
    "Decision.advice": 5,
    "Requirement.alternatives": 3,
    "Alternative.needs": 2,
    "Route.open": 8,
    "Route.openTerms": 8,
    "FormRequirements.declarations": 5,
    "*.waitsFor": 2,
    "*.onlyIf": 2,
    "Possibility.valueTerms": 2,
    "Form.groups": 5,
    "Form.fields": 12,
    "FormField.choices": 3,
    "FormField.insteadOf": 1,
    "FormRequirements.channels": 8,
    "FormRequirements.channelTerms": 8,
    "FormRequirements.choices": 3,
    "DeclaredField.options": 5,
    "ChoiceField.options": 5,
    # Explanations.
    "Explanation.rules": 30,
    "Explanation.values": 12,
    "Explanation.removed": 2,
    "ExplainedRule.tests": 3,
    "ExplainedRule.replaces": 1,
    "ExplainedTest.facts": 2,
    "ExplainedValue.replaces": 2,
    "WaysToBeAllowed.ways": MAX_WAYS,
    "WayToBeAllowed.facts": 3,
    "WayToBeAllowed.bring": 6,
    # Drafts.
    "PolicyDraft.faults": 20,
    "PolicyDraft.warnings": 20,
    "PolicyTests.failed": 20,
    "FailedTest.differences": 3,
    "PolicyDifference.regionsAdded": 10,
    "PolicyDifference.regionsRemoved": 10,
    "PolicyDifference.services": 10,
    "ChangedService.regions": 30,
    "ChangedService.changes": 5,
    "ChangedService.verdicts": 2,
    "WrittenChange.parts": 3,
    "ChangeVerdict.decisions": 3,
    "ChangeVerdict.open": 2,
    "VersionAnswer.says": 3,
    "PolicyImpact.cells": 20,
    "ImpactCell.moves": 4,
    "ImpactCell.reasons": 5,
    "ImpactCell.fees": 3,
    "ImpactCell.undecided": 3,
    "ImpactUndecided.about": 3,
    "SolverFindings.warnings": 20,
    "SolverFindings.open": 3,
}
"""How many items every list of the graph usually has, by type and field; `*` is any type."""

FIELDS: Final[Mapping[str, int]] = {
    # 4 ms without the database's share: the records are locked, a decision is made and written down.
    "Mutation.*": 400,
    # A password is hashed beside the event loop, in 0.1 s and more; two in one request are plenty.
    "Mutation.setServicePassword": 5_000,
    "Mutation.changeServicePassword": 6_000,
    "Mutation.resetServicePassword": 5_000,
    # The image is decoded beside the event loop, in 0.1 s and more.
    "Mutation.uploadDocument": 1_000,
    # 0.9 ms, and 4 ms on a day or for a service that nobody has asked about lately.
    "Query.requirements": 400,
    # 0.3 ms each.
    "FormRequirements.form": 30,
    "Form.formSchema": 30,
    "Form.uiSchema": 10,
    "Query.checkEligibility": 400,
    "Query.policy": 250,
    "Query.explain": 450,
    # Up to 400 decisions of 0.1 ms and more, beside the event loop; 7 ms is usual.
    "Explanation.wouldChange": 2_000,
    # 6 ms: the files of all regions are gone through.
    "Query.comingChanges": 650,
    "Query.cardUsable": 100,
    "Query.cardFunctions": 30,
    "Query.vocabulary": 10,
    # The outlets of all regions are gone through: 2 µs each.
    "Query.outlets": 20,
    "Query.heldInsurance": 200,
    "Query.policies": 20,
    "Query.regions": 10,
    "Query.region": 10,
    "Region.crossProvince": 80,
    # A transaction of their own: 2 ms with SQLite.
    "Query.node": 200,
    "Query.me": 100,
    "Query.holder": 200,
    "Query.card": 200,
    "Query.findHolder": 200,
    "Query.findCard": 200,
    "Query.operation": 200,
    "Query.operations": 200,
    "Query.audit": 200,
    "Query.accountEntries": 200,
    "Query.accountsToClose": 200,
    "Query._entities": 100,
    "Query._service": 20,
    # Once for a page, but multiplied by its size as all that lies below a connection.
    "OperationConnection.totalCount": 10,
    "OperationConnection.totalCountIsExact": 10,
    "AccountEntryConnection.totals": 10,
    "AccountEntryConnection.totalCount": 10,
    "AccountToCloseConnection.totalCount": 10,
    "AccessConnection.totalCount": 10,
    "AccessConnection.completeSince": 10,
    # Loaded for all records of the request together; each still waits for its turn: 80 µs.
    "Holder.cards": 8,
    "Holder.cardsElsewhere": 8,
    "Holder.accesses": 8,
    "Holder.notices": 8,
    "Holder.cardsConnection": 8,
    "Holder.contact": 8,
    "Holder.documents": 8,
    "Holder.proposedDuplicates": 8,
    "Holder.namesakes": 10,
    # Asked of who asks before they are told.
    "Holder.identityNumber": 1,
    "Holder.mobile": 1,
    "Delegation.reason": 1,
    "Delegation.reasonTerm": 1,
    "Card.socialSecurityNumber": 1,
    "Operation.delivery": 1,
    "Holder.delegations": 8,
    "Holder.delegationsConnection": 8,
    "Holder.delegatedBy": 8,
    "Holder.delegatedByConnection": 8,
    "Holder.guardianships": 8,
    "Guardianship.guardianName": 5,
    "Guardianship.guardianId": 3,
    "Operation.guardianship": 8,
    "Holder.wards": 8,
    "Holder.wardsConnection": 8,
    "Delegation.holder": 8,
    "Delegation.delegateName": 5,
    "Card.number": 3,
    "Card.holder": 8,
    "Card.history": 5,
    "Card.historyConnection": 5,
    "CardStateEntry.imported": 3,
    "Card.replaces": 8,
    # A decision for each card: 0.15 ms.
    "Card.functions": 15,
    "Card.reminders": 15,
    "Operation.details": 5,
    "Operation.holder": 8,
    "Operation.card": 8,
    "Operation.replacedCard": 8,
    "Operation.archived": 5,
    "Operation.timeline": 5,
    "Operation.timelineConnection": 5,
    "Operation.progress": 5,
    "Operation.decisions": 5,
    "Operation.decisionsConnection": 5,
    "Operation.refunds": 5,
    "Operation.payments": 8,
    # Up to four decisions for each service that may be next, 0.1 ms each; those of like operations are made once.
    "Operation.next": 20,
    # A line on record for each, and a decision for those of one region together.
    "Operation.printData": 30,
    "Operation.documents": 5,
    # Officers only, beside the event loop, one draft at a time: parts of a second to many seconds. They weigh so much that a
    # request can ask for each of them once.
    "Query.policyDraft": 1_500,
    "PolicyDraft.tests": 1_000,
    "PolicyDraft.difference": 1_000,
    "PolicyDraft.impact": 1_000,
    "PolicyDraft.findings": 1_000,
}
"""Points of every field that has something to work out, by type and field; of all others, one."""


def state_weights(schema: GraphQLSchema) -> None:
    """Write the table into a schema: weights into the extensions of its fields, bounds also into their descriptions.

    Raises:
        ValueError: the table and the schema do not fit: a list that has no entry, or an entry without its field.
    """
    seen: set[str] = set()
    missing: list[str] = []
    for kind in schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        if isinstance(kind, GraphQLInputObjectType):
            for name, given in kind.fields.items():
                _bind(given, f"{kind.name}.{name}", seen, missing)
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                _weigh(field, kind.name, name, seen, missing)
                for key, argument in field.args.items():
                    _bind(argument, f"{kind.name}.{name}({key}:)", seen, missing)
    # What begins with an underscore only a graph has that is part of a supergraph.
    unknown = {name for name in {*INPUT_LISTS, *INPUT_TEXTS, *OUTPUT_LISTS, *FIELDS} - seen if "._" not in name}
    if missing or unknown:
        raise ValueError(
            f"schema/kit/weights.py lacks {sorted(missing)} and has {sorted(unknown)}, which the schema has not"
        )


def _bind(given: GraphQLArgument | GraphQLInputField, place: str, seen: set[str], missing: list[str]) -> None:
    if place in INPUT_TEXTS:
        seen.add(place)
        given.extensions[CHARACTERS] = INPUT_TEXTS[place]
    if not is_list(given.type):
        return
    seen.add(place)
    bound = INPUT_LISTS.get(place)
    if bound is None:
        missing.append(place)
        return
    given.extensions[BOUND] = bound
    given.description = f"{given.description or ''} At most {bound.most}.".strip()


def _weigh(field: GraphQLField, kind: str, name: str, seen: set[str], missing: list[str]) -> None:
    places = (f"{kind}.{name}", f"{kind}.*", f"*.{name}")
    points = next((place for place in places if place in FIELDS), None)
    if points is not None:
        seen.add(points)
        field.extensions[POINTS] = FIELDS[points]
    if not is_list(field.type):
        return
    items = next((place for place in places if place in OUTPUT_LISTS), None)
    if items is None:
        missing.append(places[0])
        return
    seen.add(items)
    field.extensions[ITEMS] = OUTPUT_LISTS[items]


def is_list(kind: object) -> bool:
    """Return whether a type is a list, or one that is never null."""
    return isinstance(get_nullable_type(kind), GraphQLList)  # type: ignore[call-overload] # takes any type and none
