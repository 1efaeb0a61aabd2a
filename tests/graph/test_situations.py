"""What happens in the life of a city, each told as one story by the programs of examples/python/situations, which have the graph alone.

Whoever is on record at the beginning of a story came there before it.
"""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain.holder import Actor, Holder
from domain.identity import with_check_character
from tests.graph.caller import Caller
from tests.graph.cards import IDENTITY_CARD, CardOnRecord, add_active_card, look_up
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, card_number, card_picture, submitted, two_inches
from tests.graph.programs import Ran, run_example, write_rows
from tests.graph.records import settle
from tests.graph.service import GraphService, holder_id, mobile

APP = "unionpay_app"
MIANYANG, ZAOZHUANG = "510700", "370400"
HOME = ("13800138000", "成都市锦江区示例路1号")
OUTLET = ("ccb", "chengdu_sample_ccb")
_residents = count(1)


def done(situation: str, by: Caller, *arguments: str) -> list[str]:
    """Take a step of a situation that goes well; return what is printed."""
    ran = run_example(f"situations.{situation}", by, *arguments)
    assert ran.status == 0, ran.lines
    return ran.lines


def refused(situation: str, by: Caller, *arguments: str) -> list[str]:
    """Take a step of a situation that is refused; return the reasons, each with its code, and with what it is about."""
    ran = run_example(f"situations.{situation}", by, *arguments)
    assert ran.status == 1, ran.lines
    return ran.lines[ran.lines.index("refused") + 1 :]


def begins(line: str) -> str:
    """Return the id at the beginning of a line."""
    return line.split()[0]


def card_in(lines: Sequence[str]) -> CardOnRecord:
    """Return the one card that a step has printed."""
    [(identifier, number)] = [line.split()[1:3] for line in lines if line.startswith("card ")]
    return CardOnRecord(identifier, number)


def comes_next(lines: Sequence[str]) -> str:
    """Return what has to be done, as a step has printed it last."""
    assert lines[-1].startswith("next: "), lines
    return lines[-1].split()[1]


def made(service: GraphService, operation: str) -> CardOnRecord:
    """Have the card of an operation made; return it."""
    return card_in(done("works", service.card_maker(), "make", operation, card_number()))


def collected(service: GraphService, operation: str, by: str) -> CardOnRecord:
    """Have the card of an operation made, and handed over at the outlet to whoever comes; return it."""
    card, outlet = made(service, operation), service.clerk(CHENGDU, "bank_window")
    assert done("window", outlet, "hand_over", operation, by, *IDENTITY_CARD)[0] == f"{operation} RECEIVED"
    return card


def activated(caller: Caller, card: CardOnRecord) -> None:
    """Activate a card in an app of Chengdu."""
    assert done("people", caller, "activate", card.id, card.number, mobile()) == [
        f"card {card.id} {card.number} ACTIVE"
    ]


def paid(caller: Caller, operation: str, status: str = "paid") -> None:
    """Go to the page of the payment provider, and leave it with a payment that has worked or failed."""
    told = done("failed_payment", caller, operation)[-1]
    assert told.startswith("pay ")
    assert caller.http.post(told.rpartition(" ")[2], params={"status": status}).text.strip() == status


def at_the_hospital(service: GraphService, card: CardOnRecord) -> Ran:
    """Show a card at a hospital; return what its program says."""
    return run_example("check_card", service.medical_institution(), card.number)


def in_the_register(service: GraphService, identity_type: str, number: str, **fields: Any) -> tuple[str, str, str]:
    """Let the population register know somebody who is not on record; return name, type and number of the document."""
    born, holder_type = fields.pop("born_on", date(1990, 3, 7)), fields.pop("holder_type", "citizen")
    person = Holder(str(uuid4()), fields.pop("name", "测试甲"), holder_type, identity_type, number, born)
    service.registry.list(person, identity_type, number, **fields)
    return person.name, identity_type, number


def resident(service: GraphService, born_on: date = date(1990, 3, 7), **fields: Any) -> Holder:
    """Put somebody on record whose identity number a window can type in: its last character is right."""
    number = with_check_character(f"510105{born_on:%Y%m%d}{next(_residents):03}")
    return service.person(born_on, identity_number=number, **fields)


def named(person: Holder) -> tuple[str, str, str]:
    """Return name, type and number of somebody's document, as programs take them."""
    return person.name, person.identity_type, person.identity_number


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pictures of papers, by their kinds."""
    folder = tmp_path_factory.mktemp("papers")
    kinds = ("birth_certificate", "household_register", *IDENTITY_CARD)
    contents = {"photo": two_inches(), **dict.fromkeys(kinds, card_picture())}
    for kind, content in contents.items():
        (folder / f"{kind}.jpg").write_bytes(content)
    return {kind: folder / f"{kind}.jpg" for kind in contents}


@pytest.fixture
def of_a_citizen(papers: dict[str, Path]) -> list[str]:
    """What Chengdu wants of a citizen with an identity card (CD-1), as programs take it."""
    return [f"{kind}={papers[kind]}" for kind in ("photo", *IDENTITY_CARD)]


def test_01_a_parent_applies_for_a_newborn(service: GraphService, papers: dict[str, Path]) -> None:
    number, parent, clerk = with_check_character("51010420261001001"), resident(service), service.clerk(CHENGDU)
    known = {"name": "王新生", "born_on": date(2026, 10, 1), "insured_in": (CHENGDU,)}
    in_the_register(service, "household_register", number, **known)
    registered = done("newborn", clerk, "register", "王新生", number, *named(parent), "母亲")
    child = begins(registered[0])

    mother = service.citizen(parent, APP)
    # Nobody asks for a photo of a newborn.
    brought = [f"{kind}={papers[kind]}" for kind in ("birth_certificate", "household_register")]
    application = ("apply", "王新生's card", child, CHENGDU, "ccb", *HOME, *brought)
    told = done("newborn", mother, *application)
    assert told[0] == f"in your care: {child} 王新生"
    assert comes_next(told) == "CHOOSE_DELIVERY"
    # A broken connection: the same again is answered again, uploads and all.
    assert done("newborn", mother, *application) == told
    operation = begins(told[1])
    assert comes_next(done("people", mother, "deliver", operation, "510104", "王示例", *HOME)) == "PAY"
    paid(mother, operation)
    card = made(service, operation)
    done("works", service.card_maker(), "ship", operation, "SF1")
    assert comes_next(done("people", mother, "follow", operation)) == "CONFIRM_RECEIPT"
    assert comes_next(done("people", mother, "receive", operation)) == "ACTIVATE"
    activated(mother, card)
    assert at_the_hospital(service, card) == Ran(0, ["usable"])


def test_02_a_foreigner_renews_the_passport_and_stays_the_same_person(
    service: GraphService, papers: dict[str, Path]
) -> None:
    clerk, old, new = service.clerk(CHENGDU), *(f"E{uuid4().hex[:8].upper()}" for _ in range(2))
    known = {"name": "ANNA SCHMIDT", "holder_type": "foreigner", "employed_in": (CHENGDU,)}
    for number in (old, new):
        in_the_register(service, "passport", number, **known)
    asked = (CHENGDU, *OUTLET, *HOME, str(papers["photo"]))
    operation = begins(done("foreigner", clerk, "apply", "ANNA SCHMIDT", old, *asked)[0])
    person = begins(done("window", clerk, "find", "ANNA SCHMIDT", "passport", old)[0])
    card = collected(service, operation, person)
    done("foreigner", clerk, "activate", card.id)

    both = done("foreigner", clerk, "renew", "ANNA SCHMIDT", old, new, CHENGDU)
    assert sorted(line.split()[1] for line in both) == sorted(f"****{number[-4:]}" for number in (old, new))
    # Both numbers lead to the one person and the one card; a second card is refused.
    for number in (old, new):
        found = done("window", service.clerk(MIANYANG), "find", "ANNA SCHMIDT", "passport", number)
        assert found == [f"{person} ANNA SCHMIDT", f"card {card.id} {card.number} ACTIVE"]
    reasons = refused("foreigner", clerk, "apply", "ANNA SCHMIDT", new, *asked)
    assert [line for line in reasons if line.startswith("ONE_CARD_IN_PROVINCE: ")]
    lost = done("foreigner", clerk, "replace", card.id, *OUTLET)
    assert lost[0] == f"card {card.id} {card.number} FORMALLY_LOST"
    assert lost[1].endswith(" SUBMITTED")


def test_03_a_relative_ends_the_cards_of_the_dead(service: GraphService, tmp_path: Path) -> None:
    person, relative = resident(service), resident(service)
    card = add_active_card(service, person, CHENGDU, "bank_of_the_dead")
    waiting = submitted(service.citizen(person))
    told = done("death", service.clerk(CHENGDU), "2026-11-18", *named(person), *named(relative))
    assert told[0].startswith("测试甲: the death on 2026-11-18 is on record since 2026-11-20")
    assert told[1:] == [f"card {card.id} {card.number} CANCELLED, account OPEN"]
    assert at_the_hospital(service, card).lines[0] == "not usable"
    assert done("people", service.clerk("370000"), "follow", waiting["id"])[0] == f"{waiting['id']} WITHDRAWN"
    # The bank learns of it by its work list, and closes the account.
    bank, closed = service.bank("bank_of_the_dead"), tmp_path / "closed.txt"
    closed.write_text("")
    assert run_example("close_accounts", bank, str(closed)) == Ran(0, [f"{card.number} to close"])
    closed.write_text(f"{card.number}\n")
    assert run_example("close_accounts", bank, str(closed)) == Ran(0, [f"{card.number} closed"])


def test_04_a_company_s_500_cards_are_applied_for_made_and_handed_out_at_once(
    service: GraphService, tmp_path: Path
) -> None:
    people = [
        in_the_register(
            service,
            "resident_identity_card",
            with_check_character(f"51070319900307{number:03}"),
            insured_in=(MIANYANG,),
        )
        for number in range(500, 1000)
    ]
    columns = ("name", "identityType", "identityNumber")
    home = {"mobile": HOME[0], "residenceAddress": HOME[1]}
    write_rows(tmp_path / "people.csv", [dict(zip(columns, each, strict=True)) | home for each in people])
    window, maker = service.clerk(MIANYANG), service.card_maker(MIANYANG)
    asked = ("apply", "the company's", str(tmp_path), MIANYANG, "ccb", *IDENTITY_CARD, "photo")
    assert done("company", window, *asked) == ["500 of 500 applied for"]
    ids = (tmp_path / "applied.txt").read_text().split()
    assert comes_next(done("people", window, "follow", ids[0])) == "WAIT"
    accepted = run_example("card_maker", maker, str(tmp_path), "first night")
    assert {f"{each} done" for each in ids} <= set(accepted.lines)
    printed = [{"operationId": each, "cardNumber": card_number(), "generation": "third"} for each in ids]
    write_rows(tmp_path / "printed.csv", printed)
    made_now = run_example("card_maker", maker, str(tmp_path), "second night")
    assert {f"{each} done" for each in ids} <= set(made_now.lines)
    (tmp_path / "handed_out.txt").write_text("\n".join(ids))
    assert done("company", window, "hand_out", "the company's", str(tmp_path)) == ["500 of 500 handed out"]


def test_04_whoever_cannot_be_registered_is_told_and_the_others_apply_with_their_photos(
    service: GraphService, tmp_path: Path, papers: dict[str, Path]
) -> None:
    columns = ("name", "identityType", "identityNumber")
    numbers = [with_check_character(f"51010519900307{number}") for number in range(990, 993)]
    known = [in_the_register(service, "resident_identity_card", each, insured_in=(CHENGDU,)) for each in numbers[1:]]
    unknown = ("没有人", "resident_identity_card", numbers[0])
    more = {"mobile": HOME[0], "residenceAddress": HOME[1], "outlet": OUTLET[1], "photo": str(papers["photo"])}
    write_rows(
        tmp_path / "people.csv",
        [dict(zip(columns, each, strict=True)) | more for each in (known[0], unknown, known[1])],
    )
    asked = ("situations.company", service.clerk(CHENGDU), "apply", "a few", str(tmp_path), CHENGDU, "ccb")
    ran = run_example(*asked, *IDENTITY_CARD)
    assert ran.status == 1
    assert (ran.lines[0], ran.lines[-1]) == ("没有人, line 3 refused", "2 of 3 applied for")
    assert ran.lines[1].startswith("IDENTITY_NOT_CONFIRMED: ")
    assert len(ran.lines) == 3
    ids = (tmp_path / "applied.txt").read_text()
    # Begun again, it does nothing twice.
    assert run_example(*asked, *IDENTITY_CARD) == ran
    assert (tmp_path / "applied.txt").read_text() == ids


def test_05_a_lost_card_is_found_in_another_province(service: GraphService) -> None:
    number = mobile()
    person = service.person(mobile=f"+86{number}")
    card, holder = add_active_card(service, person, CHENGDU), service.citizen(person, APP)
    lost = f"card {card.id} {card.number} FORMALLY_LOST"
    assert done("lost_elsewhere", holder, "report", card.number, number) == [lost]
    assert at_the_hospital(service, card).lines[0] == "not usable"

    # It is handed in at a window of Qingdao, where nobody learns more than which city to turn to.
    told = done("lost_elsewhere", service.clerk(QINGDAO), "handed_in", card.number)
    assert told[0].partition(": ")[0] == "ANOTHER_PROVINCE"
    assert told[0].partition(": ")[2]
    assert told[1:] == [f"turn to Chengdu ({CHENGDU})"]
    # Back in the holder's hand, it is made good again from wherever the holder is.
    service.clock.advance(timedelta(minutes=2))
    assert done("lost_elsewhere", holder, "lift", card.number, number) == [f"card {card.id} {card.number} ACTIVE"]
    assert at_the_hospital(service, card) == Ran(0, ["usable"])


def test_06_somebody_with_cards_of_two_provinces_moves(service: GraphService) -> None:
    person = service.person(employed_in=(MIANYANG,))
    mine, elsewhere = (add_active_card(service, person, region) for region in (MIANYANG, QINGDAO))
    service.insurance.list(person.identity_number, CHENGDU, "pension", "medical")
    holder = service.citizen(person, APP)
    [reason] = refused("moving", holder, elsewhere.number, CHENGDU, mobile())
    assert reason.startswith("OTHER_PROVINCE: ")
    service.clock.advance(timedelta(minutes=2))
    told = done("moving", holder, mine.number, CHENGDU, mobile())
    assert told[-1] == f"card {mine.id} {mine.number} ACTIVE in Chengdu"
    assert told[0].startswith("insured there: ")
    for card in (mine, elsewhere):
        assert at_the_hospital(service, card) == Ran(0, ["usable"])


def test_07_a_child_applies_and_collects_for_an_old_parent(service: GraphService, of_a_citizen: list[str]) -> None:
    parent = resident(service, date(1941, 5, 6), insured_in=(CHENGDU,))
    child, clerk = resident(service), service.clerk(CHENGDU)
    [allowed] = done("old_parent", clerk, "allow", CHENGDU, *named(parent), *named(child), "2026-12-31")
    assert allowed.split()[4] == holder_id(parent)
    delegate = service.citizen(child, APP)
    asked = ("apply", "for my parent", holder_id(parent), CHENGDU, *OUTLET, *HOME, *of_a_citizen)
    operation = begins(done("old_parent", delegate, *asked)[0])
    assert clerk.operation(operation)["relation"] == "delegate"
    card = made(service, operation)
    told = done("people", delegate, "follow", operation)[-1]
    assert told.startswith("next: COLLECT by ")
    assert "sample outlet" in told
    outlet = service.clerk(CHENGDU, "bank_window")
    assert done("window", outlet, "hand_over", operation, holder_id(child), *IDENTITY_CARD)[0].endswith(" RECEIVED")
    assert look_up(clerk, card.id)["holder"]["id"] == holder_id(parent)


def test_08_the_guardian_of_a_pupil_changes(service: GraphService) -> None:
    pupil, before, after = service.person(date(2014, 9, 1)), service.person(), service.person()
    service.guardian(pupil, before)
    card, clerk = add_active_card(service, pupil, CHENGDU), service.clerk(CHENGDU)
    asked = done("new_guardian", clerk, "hand_over", *(holder_id(each) for each in (pupil, before, after)), "祖母")
    assert [line.split()[1] for line in asked] == ["SUBMITTED", "SUBMITTED"]
    was, now, second = service.citizen(before, APP), service.citizen(after, APP), service.second_clerk(CHENGDU)
    waiting = [begins(line) for line in done("new_guardian", second, "waiting")]
    assert {begins(line) for line in asked} <= set(waiting)
    # The ruling stands above the guardian before, who does not agree.
    assert refused("new_guardian", was, "object_to", begins(asked[0]))[0].startswith("RULING: ")
    for line, ends in zip(asked, ("IN_FORCE", "ENDED"), strict=True):
        assert refused("new_guardian", clerk, "confirm", begins(line))[0].startswith("SAME_CLERK: ")
        told = done("new_guardian", second, "confirm", begins(line))
        assert told == [f"COMPLETED: the guardianship is {ends}"]
    assert done("new_guardian", was, "wards") == ["0 in your care"]
    [reason] = refused("new_guardian", was, "lost", card.id)
    assert reason.startswith("NOT_FOUND: ")
    assert done("new_guardian", now, "wards") == [
        "1 in your care",
        f"{holder_id(pupil)} 测试甲",
        f"card {card.id} {card.number} ACTIVE",
    ]
    lost = f"card {card.id} {card.number} FORMALLY_LOST"
    assert done("new_guardian", clerk, "lost_for_good", card.id, holder_id(after)) == [lost]


def test_09_somebody_has_a_new_name_and_a_new_number(service: GraphService) -> None:
    person, office = service.person(name="测试乙"), service.clerk(CHENGDU)
    card = add_active_card(service, person, CHENGDU)
    renamed = in_the_register(
        service, "resident_identity_card", with_check_character("51010419900307002"), name="测试丙"
    )
    kept = begins(done("new_name", office, "register", *renamed)[0])
    # Two clerks see the papers, and the two records are one person's.
    states = []
    for name in ("first", "second"):
        clerk = service.caller(Actor(name, "clerk", "service_window", f"window-{CHENGDU}", CHENGDU))
        states += done("new_name", clerk, "merge", kept, holder_id(person))
    assert states == [f"PROPOSED: {kept} 测试丙", f"DONE: {kept} 测试丙"]
    shown = look_up(office, card.id)
    assert (shown["holder"]["id"], shown["holder"]["name"]) == (kept, "测试丙")
    # The old card still has the old name on it: a new one takes its place.
    operation = begins(done("new_name", office, "replace", card.id, *OUTLET)[0])
    new = collected(service, operation, kept)
    activated(service.citizen(person, APP), new)
    assert (look_up(office, card.id)["state"], look_up(office, new.id)["state"]) == ("CANCELLED", "ACTIVE")


def applied_in_the_national_service(citizen: Caller) -> str:
    """Apply in Jinan, to have the card posted to Chengdu; return the operation."""
    told = done("sent_back", citizen, "apply", f"application {uuid4()}", JINAN, "ccb", *HOME)
    assert comes_next(told) == "CHOOSE_DELIVERY"
    done("people", citizen, "deliver", begins(told[0]), CHENGDU, "张示例", *HOME)
    return begins(told[0])


def test_10_a_payment_fails_and_is_made_again(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = applied_in_the_national_service(citizen)
    paid(citizen, operation, "failed")
    assert comes_next(done("people", citizen, "follow", operation)) == "PAY"
    service.clock.advance(timedelta(minutes=1))
    paid(citizen, operation)
    told = done("failed_payment", citizen, operation)
    assert [line.partition(": ")[2] for line in told[:2]] == ["FAILED", "PAID"]
    assert told[2] == f"{operation} PAID"
    assert comes_next(told) == "WAIT"


def test_11_an_application_is_sent_back_and_put_right(service: GraphService) -> None:
    citizen, maker = service.citizen(service.person()), service.card_maker()
    operation = applied_in_the_national_service(citizen)
    paid(citizen, operation)
    done("sent_back", maker, "accept", operation)
    done("sent_back", maker, "send_back", operation, "常住地地址不完整")
    assert comes_next(done("people", citizen, "follow", operation)) == "CORRECT"
    right = (HOME[0], "济南市历下区泉城路1号2单元301室")
    told = done("sent_back", citizen, "put_right", operation, *right)
    assert told[:2] == ["sent back: 常住地地址不完整", f"{operation} ACCEPTED"]
    assert {"name": "residence_address", "value": right[1]}.items() <= next(
        each for each in citizen.operation(operation)["details"] if each["name"] == "residence_address"
    ).items()
    assert made(service, operation).number


def test_12_somebody_without_a_bound_number_is_told_the_way_and_goes_it(service: GraphService) -> None:
    person, number = service.person(), mobile()
    card, clerk = add_active_card(service, person, CHENGDU), service.clerk(CHENGDU)
    done("no_mobile", clerk, "lose", card.id)
    holder = service.citizen(person, APP)
    [reason] = refused("no_mobile", holder.in_chinese, "lift", card.number)
    assert reason.startswith("NO_MOBILE_BOUND: ")
    assert "窗口" in reason
    done("no_mobile", clerk, "bind", card.id, number)
    assert done("no_mobile", holder, "lift", card.number, number) == [f"card {card.id} {card.number} ACTIVE"]


def test_12a_somebody_looks_who_has_seen_their_data_and_takes_a_copy(service: GraphService, tmp_path: Path) -> None:
    person = service.person(mobile=mobile())
    clerk, holder, office = service.clerk(CHENGDU), service.citizen(person, APP), f"window-{CHENGDU}"
    add_active_card(service, person, CHENGDU)
    clerk.ask("query($id: ID!){holder(id: $id){name}}", {"id": holder_id(person)})
    settle(service)
    assert [line.split()[1:] for line in done("my_data", holder, "looked")[:-1]] == [["holder", "clerk", office]]
    file = tmp_path / "copy.json"
    assert {"holders 1", "cards 1"} < set(done("my_data", holder, "copy", str(file)))
    assert json.loads(file.read_bytes())["holders"][0]["identity_number"] == person.identity_number
    assert file.stat().st_mode & 0o077 == 0
    seen = [line.split()[1] for line in done("my_data", holder, "looked")[:-1]]
    assert seen == ["personal_data", "holder"]


def test_13_a_card_that_nobody_collects_ends_and_another_one_is_applied_for(
    service: GraphService, of_a_citizen: list[str]
) -> None:
    person = service.person(insured_in=(CHENGDU,))
    holder, asked = service.citizen(person, APP), (CHENGDU, *OUTLET, *HOME, *of_a_citizen)
    card = made(service, begins(done("not_collected", holder, "my first card", *asked)[0]))
    service.clock.advance(timedelta(days=366))
    assert look_up(service.clerk(CHENGDU), card.id)["state"] == "CANCELLED"
    told = done("not_collected", holder, "my second card", *asked)
    assert told[0].startswith(f"card ****{card.number[-2:]} CANCELLED since ")
    assert told[0].endswith("(lapsed)")
    new = collected(service, begins(told[1]), holder_id(person))
    activated(holder, new)
    assert at_the_hospital(service, new) == Ran(0, ["usable"])


def test_14_cards_from_before_this_service_come_in_and_the_extra_one_is_cancelled(
    service: GraphService, tmp_path: Path
) -> None:
    number, numbers = with_check_character("51010419900307003"), [card_number() for _ in range(2)]
    usual = {"name": "测试丁", "identityType": "resident_identity_card", "identityNumber": number, "bank": "ccb"}
    since = {
        "generation": "second",
        "issuedOn": "2015-05-06",
        "state": "ACTIVE",
        "stateSince": "2015-05-07T09:00:00+08:00",
    }
    rows = [
        {**usual, **since, "regionCode": region, "cardNumber": each}
        for region, each in zip((MIANYANG, CHENGDU), numbers, strict=True)
    ]
    file, office = tmp_path / "cards.csv", service.clerk("510000")
    write_rows(file, rows)
    assert done("old_cards", office, "bring_in", "what there was", str(file))[-1] == "2 of 2 on record"
    found = done("window", office, "find", "测试丁", usual["identityType"], number)[1:]
    extra, kept = (
        CardOnRecord(*line.split()[1:3]) for line in sorted(found, key=lambda each: numbers.index(each.split()[2]))
    )
    assert [line.split()[3] for line in found] == ["ACTIVE"] * 2
    assert done("old_cards", service.clerk(MIANYANG), "cancel", extra.id)
    assert at_the_hospital(service, extra).lines[0] == "not usable"
    assert at_the_hospital(service, kept) == Ran(0, ["usable"])


def test_15_a_card_is_lost_in_the_post_and_another_one_is_made(service: GraphService) -> None:
    citizen, maker = service.citizen(service.person()), service.card_maker()
    operation = applied_in_the_national_service(citizen)
    paid(citizen, operation)
    lost = made(service, operation)
    done("works", maker, "ship", operation, "SF1")
    [reason] = refused("lost_in_post", citizen, "report", operation)
    assert reason.startswith("TOO_EARLY: ")
    service.clock.advance(timedelta(days=15))
    assert done("people", citizen, "follow", operation)[-1].endswith(", or else: report_lost_in_post")
    told = done("lost_in_post", citizen, "report", operation)
    assert told[0] == f"{operation} ACCEPTED"
    assert comes_next(told) == "WAIT"
    assert at_the_hospital(service, lost).lines[0] == "not usable"
    new = made(service, operation)
    assert new.number != lost.number
    done("works", maker, "ship", operation, "SF2")
    # This time the post brings it back, for the address was wrong: a second postage is due, and another address is chosen.
    done("lost_in_post", maker, "returned", operation, "true")
    told = done("people", citizen, "follow", operation)
    assert told[0] == f"{operation} ACCEPTED, 16.00 yuan due"
    assert told[-1].endswith(", or else: pay")
    paid(citizen, operation)
    done("people", citizen, "deliver", operation, CHENGDU, "张示例", *HOME)
    third = made(service, operation)
    done("works", maker, "ship", operation, "SF3")
    assert comes_next(done("people", citizen, "receive", operation)) == "ACTIVATE"
    assert len({lost.number, new.number, third.number}) == 3
