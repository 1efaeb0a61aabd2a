"""People are told by SMS of what is done about them: once, after the change, whatever happens to processes and providers meanwhile."""

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from composition.settings import ROOT
from domain.holder import Holder
from domain.notice import NoticeKind
from resolvers.changing.sending import FIRST_WAIT, IN_A_ROW, KEEP_TRYING
from resolvers.services import delegate
from store.audit.entries import AuditKind
from store.repositories.audit import AuditSelection
from store.statement import Statement
from tests.graph.caller import Caller, codes
from tests.graph.delegations import delegate_on_record
from tests.graph.guardians import TIME_TO_OBJECT
from tests.graph.journey import CHENGDU
from tests.graph.service import GraphService, holder_id, mobile
from tests.graph.test_guardianship import BORN, asked, there
from tests.graph.test_merge_holders import merged
from tests.graph.test_passwords import FIRST, WRONG, change, twice, with_papers, with_password
from tests.graph.test_update_information import in_chengdu, rebind

FIELDS = "kind state sentTo text operationId settledAt"
MINE = f"{{me{{notices{{edges{{node{{{FIELDS}}}}}}}}}}}"
THEIRS = "query($id: ID!){holder(id: $id){notices{totalCount}}}"


@pytest.fixture
def told(service: GraphService) -> Iterator[GraphService]:
    """Return the service once nobody is to be told of anything any more, whatever other tests have changed."""
    service.work(lambda work: work._session.run(Statement('UPDATE "notices" SET "due_at" = NULL RETURNING 1')))
    service.sms.notices.clear()
    service.sms.asked = 0
    yield service
    service.sms.out_of_order, service.sms.slow = False, 0.0


def notices(caller: Caller, kind: NoticeKind | None = None) -> list[dict[str, Any]]:
    """Return what somebody sees that they were told, the newest first."""
    nodes = [edge["node"] for edge in caller.ask(MINE)["me"]["notices"]["edges"]]
    return [node for node in nodes if kind is None or node["kind"] == kind.name]


def delegated(service: GraphService) -> tuple[Holder, str]:
    """Have a delegation made in somebody's name; return whose, and their number."""
    number = mobile()
    person = service.person(mobile=number)
    delegate_on_record(service, person, "apply", "activate")
    return person, f"+86{number}"


def on_record(service: GraphService, person: Holder) -> list[tuple[str, str | None]]:
    """Return what the audit record says of what somebody was told: what became of it, and of which notice."""
    selection = AuditSelection(holder_ids=[person.id], kinds=[AuditKind.CHANGE])
    entries = service.work(lambda work: work.audit.page(selection, None, 100))
    return [(each.said["reference"], each.said["record"]) for each in entries if each.said["action"] == "notice"]


def sent(service: GraphService, number: str) -> list[str]:
    """Return the texts that a number got."""
    return [text for to, text, _ in service.sms.notices if to == number]


def test_a_guardian_is_told_that_another_one_is_asked_for_and_until_when_to_object(told: GraphService) -> None:
    first, second = mobile(), mobile()
    child = told.person(BORN, name="欧阳小示例", insured_in=(CHENGDU,))
    father = told.guardian(child, told.person(name="欧阳大示例", mobile=first))
    other = told.person(name="司徒新示例", mobile=second)
    clerk, confirming, guardian = told.clerk(CHENGDU), told.second_clerk(CHENGDU), told.citizen(father).in_chinese
    operation = clerk.changed("recordGuardianship", **asked(child, other))["operation"]
    told.notify()
    [text] = sent(told, f"+86{first}")
    assert text.startswith(
        "有人为您监护的欧**申请了“登记监护关系”，正在等待复核。您不同意的，可以按规定在复核前提出异议"
    )
    assert "到成都市的社会保障卡服务网点咨询" in text
    assert sent(told, f"+86{second}") == []
    told.clock.advance(timedelta(hours=1))
    confirming.changed("confirmGuardianship", operationId=operation["id"])
    told.notify()
    until = (told.clock.now() + TIME_TO_OBJECT).date()
    for number, whom in ((first, "您监护的欧**"), (second, "被监护人欧**")):
        confirmed = sent(told, f"+86{number}")[-1]
        assert confirmed.startswith(
            f"为{whom}申请的“登记监护关系”已经复核，将于{until.year}年{until.month}月{until.day}日生效。"
        )
    told.clock.advance(timedelta(hours=1))
    guardian.changed("objectToGuardianship", operationId=operation["id"])
    told.notify()
    for number in (first, second):
        assert "已经终止。原来的监护关系没有变化" in sent(told, f"+86{number}")[-1]
    kinds = [NoticeKind.GUARDIANSHIP_DROPPED, NoticeKind.GUARDIANSHIP_CONFIRMED, NoticeKind.GUARDIANSHIP_ASKED]
    mine = notices(guardian)
    assert [node["kind"] for node in mine] == [kind.name for kind in kinds]
    assert {(node["state"], node["operationId"]) for node in mine} == {("SENT", operation["id"])}
    assert mine[-1]["text"] == text
    for _, said, _ in told.sms.notices:
        for person in (child, father, other):
            assert person.name not in said
            assert person.identity_number not in said


def test_the_ward_and_who_loses_a_ward_are_told_too(told: GraphService) -> None:
    own, theirs = mobile(), mobile()
    child = told.person(BORN, insured_in=(CHENGDU,), mobile=own)
    mother = told.guardian(child, told.person(mobile=theirs))
    clerk = told.clerk(CHENGDU)
    operation = clerk.changed(
        "endGuardianship", **there(child, mother), evidence={"sightedDocuments": ["guardianship_proof"]}
    )["operation"]
    told.notify()
    [text] = sent(told, f"+86{own}")
    assert text.startswith("有人为您申请了“终止监护关系登记”，正在等待复核。")
    assert len(sent(told, f"+86{theirs}")) == 1
    clerk.changed("withdrawApplication", operationId=operation["id"])
    told.notify()
    assert [len(sent(told, f"+86{number}")) for number in (own, theirs)] == [2, 2]
    # Where nobody is guardian yet, nobody loses anything.
    newborn, parent = told.person(date(2026, 11, 1)), told.person(mobile=mobile())
    clerk.changed("recordGuardianship", **asked(newborn, parent))
    assert notices(told.citizen(parent)) == []


def test_the_number_of_before_is_told_that_another_one_is_bound(told: GraphService) -> None:
    old, new = mobile(), mobile()
    _, citizen, card = in_chengdu(told, old)
    assert codes(rebind(told, citizen, card, old, new)) == []
    told.notify()
    [(to, text, _)] = told.sms.notices
    assert to == f"+86{old}"
    assert text.startswith(
        "您绑定的手机号码已经变更，这个号码不再接收验证码。不是您本人办理的，请立即带有效身份证件到成都市"
    )
    assert not any(new[place : place + 4] in text for place in range(8))
    [mine] = notices(citizen)
    assert (mine["kind"], mine["state"], mine["sentTo"]) == ("MOBILE_CHANGED", "SENT", f"138****{old[-4:]}")


def test_of_two_records_that_become_one_the_number_that_gets_no_codes_any_more_is_told(told: GraphService) -> None:
    kept_number, gone_number = mobile(), mobile()
    common: dict[str, Any] = {"name": "ANNA SCHMIDT", "holder_type": "foreigner", "identity_type": "passport"}
    kept, gone = (
        told.person(identity_number=f"E{uuid4().hex[:10].upper()}", mobile=number, **common)
        for number in (kept_number, gone_number)
    )
    delegate_on_record(told, gone, "apply")
    merged(told, kept, gone)
    told.notify()
    assert {text.partition(" ")[0] for text in sent(told, f"+86{gone_number}")} == {"测**", "Another"}
    assert sent(told, f"+86{kept_number}") == []
    # What the other record was told goes over with all else.
    assert {node["kind"] for node in notices(told.citizen(kept))} == {"MOBILE_CHANGED", "DELEGATED"}


def test_the_password_and_delegations_are_told_of_and_a_foreigner_in_english(told: GraphService) -> None:
    numbers = [mobile() for _ in range(2)]
    citizen, card = with_password(told, told.person(mobile=numbers[0]))
    assert told.notify()[0].sent == 0
    assert codes(change(citizen, card, WRONG)) == ["PASSWORD_WRONG"]
    assert codes(change(citizen, card, FIRST)) == []
    told.clerk(CHENGDU).changed("resetServicePassword", cardId=card.id, **twice(FIRST), **with_papers())
    told.notify()
    assert [text.partition("。")[0] for text in sent(told, f"+86{numbers[0]}")] == [
        "您的社会保障卡服务密码已经变更"
    ] * 2
    kinds: dict[str, Any] = {"holder_type": "foreigner", "identity_type": "foreign_permanent_resident_card"}
    foreigner = told.person(mobile=numbers[1], name="Ann Example", **kinds)
    chosen = delegate_on_record(told, foreigner, "apply", "activate", "status", "progress")
    told.notify()
    [text] = sent(told, f"+86{numbers[1]}")
    assert text.startswith("测** may act for you in: ")
    assert " and 1 more, until 2026-12-20." in text
    assert chosen.name not in text


def test_who_has_no_number_finds_it_in_the_graph_and_the_record_says_so(told: GraphService) -> None:
    person = told.person()
    delegate_on_record(told, person, "apply")
    told.notify()
    [mine] = notices(told.citizen(person))
    assert (mine["state"], mine["sentTo"]) == ("NO_NUMBER", None)
    assert [became for became, _ in on_record(told, person)] == ["no_number"]


def test_the_holder_and_a_guardian_see_what_was_sent_and_nobody_else_does(told: GraphService) -> None:
    person, _ = delegated(told)
    guardian = told.guardian(person)
    asked_for = {"id": holder_id(person)}
    assert told.citizen(guardian).ask(THEIRS, asked_for)["holder"]["notices"]["totalCount"] == 1
    told.stands_before(CHENGDU, person)
    assert told.clerk(CHENGDU).ask(THEIRS, asked_for)["holder"]["notices"]["totalCount"] == 0
    assert told.citizen(told.person()).answer(THEIRS, asked_for)["data"] == {"holder": None}


def test_of_several_processes_one_sends_each_notice(told: GraphService) -> None:
    people = [delegated(told) for _ in range(4)]
    told.sms.slow = 0.02
    rounds = told.notify(processes=3)
    assert sorted(number for number, _, _ in told.sms.notices) == sorted(number for _, number in people)
    assert sum(each.sent for each in rounds) == 4
    for person, _ in people:
        assert len(on_record(told, person)) == 1


def test_what_the_provider_does_not_take_is_tried_again_under_the_same_name(told: GraphService) -> None:
    person, number = delegated(told)
    told.sms.out_of_order = True
    assert told.notify()[0].waiting == 1
    assert told.notify()[0].failed == 0, "it is tried again after a wait"
    for wait in (FIRST_WAIT, 2 * FIRST_WAIT):
        told.clock.advance(wait)
        assert told.notify()[0].failed == 1
    assert notices(told.citizen(person))[0]["state"] == "WAITING"
    told.sms.out_of_order = False
    told.clock.advance(3 * FIRST_WAIT)
    assert told.notify()[0].sent == 0, "each wait is twice as long as the one before"
    told.clock.advance(FIRST_WAIT)
    assert [(each.sent, each.waiting) for each in told.notify()] == [(1, 0)]
    [(to, _, name)] = told.sms.notices
    assert (to, told.sms.asked) == (number, 4)
    assert on_record(told, person) == [("sent", name)]


def test_a_provider_that_is_away_is_left_alone_and_one_bad_number_keeps_nobody_back(
    told: GraphService, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [delegated(told) for _ in range(IN_A_ROW + 2)]
    told.sms.out_of_order = True
    assert told.notify()[0].failed == told.sms.asked == IN_A_ROW
    told.sms.out_of_order = False
    told.clock.advance(FIRST_WAIT)
    bad, send = people[0][1], type(told.sms).send_notice

    async def but_one(self: Any, number: str, text: str, identifier: str) -> None:
        if number == bad:
            raise ValueError(number)
        await send(self, number, text, identifier)

    monkeypatch.setattr(type(told.sms), "send_notice", but_one)
    assert [(each.sent, each.failed) for each in told.notify()] == [(len(people) - 1, 1)]
    monkeypatch.undo()
    told.clock.advance(timedelta(hours=1))
    told.notify()
    assert sorted(to for to, _, _ in told.sms.notices) == sorted(number for _, number in people)


def test_how_each_try_came_out_is_counted(told: GraphService) -> None:
    delegated(told)
    before = {
        outcome: REGISTRY.get_sample_value("notices_total", {"outcome": outcome}) or 0 for outcome in ("sent", "failed")
    }
    told.sms.out_of_order = True
    told.notify()
    told.sms.out_of_order = False
    told.clock.advance(FIRST_WAIT)
    told.notify()
    page = told.http.get("/metrics").text
    for outcome, count in before.items():
        assert f'notices_total{{outcome="{outcome}"}} {count + 1}' in page


def test_what_is_never_taken_is_given_up_after_days_and_the_change_stands(
    told: GraphService, caplog: pytest.LogCaptureFixture
) -> None:
    person, number = delegated(told)
    told.sms.out_of_order = True
    told.notify()
    told.clock.advance(KEEP_TRYING - timedelta(seconds=1))
    assert told.notify()[0].failed == 1
    told.clock.advance(timedelta(hours=1))
    with caplog.at_level(logging.ERROR):
        assert [(each.given_up, each.waiting) for each in told.notify()] == [(1, 0)]
    [mine] = notices(told.citizen(person))
    assert mine["state"] == "GIVEN_UP"
    [(became, name)] = on_record(told, person)
    assert became == "given_up"
    assert f"the notice {name} is given up after 3 tries" in caplog.text
    assert number not in caplog.text
    assert told.citizen(person).ask("{me{delegations{id}}}")["me"]["delegations"] != []
    told.sms.out_of_order = False
    told.clock.advance(KEEP_TRYING)
    assert told.notify()[0].sent == 0


def test_nobody_is_told_of_a_change_that_was_rolled_back(told: GraphService, monkeypatch: pytest.MonkeyPatch) -> None:
    person = told.person(mobile=mobile())

    async def broken(*_: Any) -> None:
        raise RuntimeError("at the last step")

    with monkeypatch.context() as patched:
        patched.setattr(delegate, "record", broken)
        with pytest.raises(Exception, match="INTERNAL"):
            delegate_on_record(told, person, "apply")
    assert notices(told.citizen(person)) == []
    assert told.notify()[0].sent == 0


_KILLED = """
import asyncio, json, os, signal, sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from composition.service import service
from composition.settings import Settings
from gateways.clock import SettableClock
from resolvers.changing.sending import send_notices

folder, url, regions, now, values = json.loads(sys.argv[1])

class Killing:
    async def send_notice(self, mobile, text, identifier):
        print(identifier, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    settings = Settings("development", Path(folder), url, Path(regions), values=values)
    async with service(settings, print, SettableClock(datetime.fromisoformat(now))) as running:
        await send_notices(replace(running.dependencies, sms=Killing()))

asyncio.run(main())
"""
"""A process on the same installation that is killed while the provider is asked."""


def test_what_a_killed_process_was_sending_is_sent_by_the_next_under_the_same_name(told: GraphService) -> None:
    person, number = delegated(told)
    settings = told.running.settings
    same = [str(settings.folder), settings.database_url, str(settings.regions), told.clock.now().isoformat()]
    command = [sys.executable, "-c", _KILLED, json.dumps([*same, dict(settings.values)])]
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert told.notify()[0].sent == 0, "somebody may still be sending it"
    told.clock.advance(FIRST_WAIT)
    told.notify()
    assert [(to, name) for to, _, name in told.sms.notices] == [(number, done.stdout.strip())]
    assert on_record(told, person) == [("sent", done.stdout.strip())]
