"""What a draft of policy files changes for decisions on record."""

from collections import Counter

import strawberry

from policies.replay.impact import Cell, Impact, Why
from schema.kit.access import WITH_IT, sees
from schema.kit.described import field, shown
from schema.kit.scalars import Fen
from schema.types.closed_sets import Payer


@sees(WITH_IT)
@strawberry.type(description="How many requests stood somewhere and would stand elsewhere.")
class ImpactMove:
    """A move."""

    before: str = field("`allowed`, `asked` for something more, `refused` or `undecided`.")
    after: str = field("Likewise, under the draft.")
    decisions: int = field("How many.")


@sees(WITH_IT)
@strawberry.type(description="A rule because of which requests would stand elsewhere, or for other reasons.")
class ImpactReason:
    """A reason."""

    rule: str = field("Its id.")
    asks: bool = field("Whether it asks for something; otherwise it denies.")
    gone: bool = field("Whether it stood in the way and no longer does; otherwise it newly does.")
    file: str | None = field("The policy file, where it is known.")
    line: int | None = field("The line in it.")
    decisions: int = field("How many.")


@sees(WITH_IT)
@strawberry.type(description="One fee that one side pays, summed up.")
class ImpactFee:
    """A fee."""

    fee: str = field("A term of the fees vocabulary.")
    payer: str = field("Who pays it.", instead="Use `paidBy`.")
    paid_by: Payer = shown("Who pays it.", lambda fee: Payer(fee.payer))
    before: Fen = field("What allowed requests paid.")
    after: Fen = field("What they would pay.")
    pending: Fen = field("What those would pay that are newly asked for something, once they bring it.")
    more: int = field("How many would pay more.")
    less: int = field("How many would pay less.")


@sees(WITH_IT)
@strawberry.type(description="What cannot be decided, and why.")
class ImpactUndecided:
    """An undecided request."""

    code: str = field("The code of the fault.")
    about: list[str] = field("What it is about, such as facts that nobody recorded.")
    decisions: int = field("How many.")


@sees(WITH_IT)
@strawberry.type(description="What would become of the decisions on record in one region for one service.")
class ImpactCell:
    """A cell."""

    region: str = field("GB/T 2260.")
    service: str = field("A term of the services vocabulary.")
    decisions: int = field("How many there are.")
    flips: int = field("How many were allowed and would not be, or the other way round.")
    unchanged: int = field("How many would notice nothing.")
    moves: list[ImpactMove] = field("Who would stand where.")
    reasons: list[ImpactReason] = field("The rules behind it.")
    fees: list[ImpactFee] = field("Fees gained and lost.")
    undecided: list[ImpactUndecided] = field("What the draft cannot decide.")


@sees(WITH_IT)
@strawberry.type(description="What a draft changes for the newest decisions on record, each decided again under it.")
class PolicyImpact:
    """An impact."""

    decisions: int = field("How many were looked at.")
    flips: int = field("How many of them flip.")
    cells: list[ImpactCell] = field("By region and service.")


def policy_impact(found: Impact) -> PolicyImpact:
    """Return an impact as the graph shows it."""
    total = found.total
    cells = [_cell(region, service, cell) for (region, service), cell in sorted(found.cells.items())]
    return PolicyImpact(decisions=total.decisions, flips=total.flips, cells=cells)


def _cell(region: str, service: str, cell: Cell) -> ImpactCell:
    moved = {move: count for move, count in cell.moves.items() if move[0] is not move[1]}
    return ImpactCell(
        region=region,
        service=service,
        decisions=cell.decisions,
        flips=cell.flips,
        unchanged=cell.unchanged,
        moves=[ImpactMove(before=a.value, after=b.value, decisions=count) for (a, b), count in sorted(moved.items())],
        reasons=_reasons(cell.why),
        fees=[
            ImpactFee(
                fee=fee,
                payer=payer,
                before=Fen(sums.before),
                after=Fen(sums.after),
                pending=Fen(sums.pending),
                more=sums.more,
                less=sums.less,
            )
            for (fee, payer), sums in sorted(cell.fees.items())
        ],
        undecided=[
            ImpactUndecided(code=why.code, about=list(why.about), decisions=count)
            for why, count in sorted(cell.undecided.items())
        ],
    )


def _reasons(why: Counter[Why]) -> list[ImpactReason]:
    """Return the rules behind it, each once for those that it newly stops and once for those that it no longer does."""
    together: Counter[tuple[bool, str, bool, str | None, int | None]] = Counter()
    for each, count in why.items():
        reason = each.reason
        together[each.gone, reason.rule, reason.asks, reason.file, reason.line] += count
    return [
        ImpactReason(rule=rule, asks=asks, gone=gone, file=file, line=line, decisions=count)
        for (gone, rule, asks, file, line), count in together.most_common()
    ]
