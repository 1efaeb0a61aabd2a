"""When wards come of age: from then on nobody is their guardian, without anybody having to end it.

It is worked out once, when a guardian comes on record. The age is the region's; whoever has no full capacity needs a guardian at
any age.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, time

from domain.duration import CHINA_TIME, day_in_china
from domain.holder import Holder
from domain.region import NATION
from policies.engine.decide import Policies
from resolvers.dependencies import Dependencies
from store import UnitOfWork

AGE = "guardianship_until_age"
"""The shared setting in which regions say when a ward needs no guardian any more (regions/*/settings.yaml)."""
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When somebody comes of age who needs a guardian at any age."""
PAGE = 100


def grown_at(policies: Policies, ward: Holder, region: str, now: datetime) -> datetime:
    """Return when a ward comes of age; never, where they need a guardian at any age."""
    on = day_in_china(now)
    defined = policies.region(region).shared_settings.get(AGE)
    value = defined.at(on, on) if defined is not None else None
    if value is None or not ward.full_capacity:
        return NEVER
    born = ward.born_on
    try:
        birthday = born.replace(year=born.year + int(value.value))
    except ValueError:  # born on 29 February
        birthday = born.replace(year=born.year + int(value.value), month=3, day=1)
    return datetime.combine(birthday, time(0), CHINA_TIME)


async def write_down_ages(dependencies: Dependencies) -> int:
    """Work out when the wards come of age whose guardians came on record before that was written down; return how many."""
    done = 0
    while True:
        async with dependencies.store.reading() as work:
            wards = {each.ward_id for each in await work.guardianships.of_unknown_age(PAGE)}
        if not wards:
            return done
        # Nothing is decided: it follows from what is on record.
        async with dependencies.store.transaction(unrecorded=True) as work:
            written = await _write_down(dependencies, work, wards)
        if not written:  # Whoever is changed just now is seen to by the next sweep.
            return done
        done += written


async def _write_down(dependencies: Dependencies, work: UnitOfWork, ward_ids: Collection[str]) -> int:
    policies, now = dependencies.policies(), dependencies.clock.now()
    held = await work.holders.hold(ward_ids)
    people, done = await work.holders.get_many(held), 0
    for ward_id, guardianships in (await work.guardianships.of_wards(held)).items():
        for each in guardianships:
            if each.grown_at is None and each.ended_at is None:
                region = each.region if each.region in policies.tree.regions else NATION
                at = grown_at(policies, people[ward_id], region or NATION, now)
                await work.guardianships.update(replace(each, grown_at=at))
                done += 1
    return done
