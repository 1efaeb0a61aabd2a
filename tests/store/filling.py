"""A database with something in every column of every table."""

from datetime import timedelta
from typing import Any

from domain.card import AccountState, CardState
from domain.decision import Citation
from domain.ending import Ending
from domain.holder import Merge
from domain.operation import OperationState
from domain.revocation import Revocation, Revokes
from store import Store
from store.records import CardImport, PersistedDocument
from store.repositories.limit_counts import LimitCount
from tests.store import samples

SOURCE = Citation("示例办法", "第三条", None, False, "510100", "city", "china/sichuan/chengdu/apply.yaml", 7)


async def fill(store: Store) -> None:
    """Put something into every column of every table."""
    later = samples.NOW + timedelta(days=1)
    async with store.transaction() as work:
        await work.holders.add(samples.holder(deceased_at=later, mobile_bound_at=later))
        await work.identity_documents.add(samples.identity_document())
        await work.merges.propose(Merge("merge-1", "holder-1", "holder-9", "510100", "a", later, "b", "c", later))
        await work.revocations.add(Revocation("https://a.example.cn", Revokes.SESSION, "s", later, later), later)
        await work.guardianships.add(samples.guardianship())
        await work.delegations.add(samples.delegation(revoked_at=later))
        await work.cards.add(
            samples.card(
                state=CardState.TEMPORARILY_LOST, state_until=later, state_then=CardState.ACTIVE, replaces_id="card-0",
                account_state=AccountState.CLOSED, account_closed_at=later, state_source=SOURCE, ends_at=later,
                ends_source=SOURCE,
            ),
            operation_id="operation-1",
            reason="stolen",
        )  # fmt: skip
        await work.card_imports.begin(CardImport("2" * 64, "tester", "window-7", samples.NOW, later, 1, 1, 1, 1, 1))
        old = samples.card("card-2", number="OLD1234567890")
        await work.cards.add_imported([old], "2" * 64)
        withdrawn = Ending(later, OperationState.WITHDRAWN, SOURCE)
        await work.operations.add(samples.operation(declarations={}).ending(withdrawn))
        await work.slots.claim("510000", "holder-1", "operation-1")
        lost = {"card_from": CardState.ACTIVE, "card_to": CardState.TEMPORARILY_LOST}
        submitted = OperationState.SUBMITTED
        ends: dict[str, Any] = {"until": later, "then": OperationState.WITHDRAWN}
        await work.timeline.append(samples.timeline_entry(from_state=submitted, office="office-7", **lost, **ends))
        # Facts are what rules compare, such as an age; who computes them keeps what is personal out.
        await work.decisions.add(samples.decision(facts={"holder.age": 36}))
        await work.policy_texts.keep("sha256:1", lambda: "条文")
        await work.codes.add(samples.code(consumed_at=later))
        await work.notices.add(samples.notice(done_at=later))
        await work.face_checks.consume("assertion-1", "holder-1", "apply", samples.NOW)
        await work.documents.add(samples.document())
        await work.uploads.begin(samples.upload())
        await work.disclosures.add([samples.disclosure()])
        await work.payments.add(samples.payment(paid_at=later, failed_at=later))
        await work.refunds.add(samples.refund(done_at=later))
        await work.passwords.keep(samples.password(), "510000")
        await work.account_entries.add(samples.batch(), [samples.entry()])
        await work.answers.keep("holder-1", "key", "fingerprint", {"name": samples.ANSWER}, samples.NOW)
        written_out = f'{{ holder(name: "{samples.NAME}") {{ id }} }}'
        await work.persisted_documents.keep(PersistedDocument("1" * 64, 50, samples.NOW, written_out), 9, 999)
        await work.key_marks.put("tested", {"yes": True})
        await work.limit_counts.add([LimitCount("3" * 40, 1, later, 1)], samples.NOW)
        work.audit.tell(samples.audit_entry())
    await store.seal_audit(samples.NOW)
