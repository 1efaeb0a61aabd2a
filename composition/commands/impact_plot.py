"""The picture of an impact: who would stand where, and what is gained and lost in fees, by region and by service.

Imported only when a picture is asked for: the plotting library takes a second.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry, fontManager, get_font

from composition.commands.impact_words import ImpactWords
from domain.message import Language
from policies.replay.impact import Cell, Impact
from policies.replay.recorded import Standing

MOST_BARS = 20
"""Regions or services in one part of the picture: those where most changes."""
_LIKED = ("sans", "hei", "gothic")
"""Parts of the names of fonts that read well at this size, should several have the characters."""
_FLIPS = ((Standing.REFUSED, "#c0392b"), (Standing.ASKED, "#e67e22"), (Standing.ALLOWED, "#27ae60"))
_GAINED, _LOST = "#2980b9", "#8e44ad"


def draw(impact: Impact, words: ImpactWords, path: Path) -> Language:
    """Draw an impact into a file.

    Args:
        path: ends in .png or .svg.

    Returns:
        The language of the picture: English where no font of this machine has the characters.

    Raises:
        OSError: the file cannot be written.
    """
    font = _font_with(_texts(impact, words)) if words.language == "zh" else None
    spoken = words if words.language == "en" or font is not None else words.in_language("en")
    # Letters stay letters in an SVG, so that they can be searched for and read aloud.
    family = [font.name] if font is not None else mpl.rcParamsDefault["font.family"]
    with mpl.rc_context({"font.family": family, "svg.fonttype": "none", "axes.unicode_minus": False}):
        figure = _figure(impact, spoken)
        figure.savefig(path, dpi=120)
    return spoken.language


def _texts(impact: Impact, words: ImpactWords) -> str:
    cells = impact.cells
    names = [words.region(region) + words.service(service) for region, service in cells]
    return "".join([*names, *_titles(words), *map(words.standing, Standing)])


def _titles(words: ImpactWords) -> tuple[str, str, str, str, str, str]:
    say = words.say
    return (
        say("按地区", "By region"), say("按事项", "By service"), say("件", "decisions"), say("元", "yuan"),
        say("费用增", "fees gained"), say("费用减", "fees lost"),
    )  # fmt: skip


def _font_with(text: str) -> FontEntry | None:
    """Return a font of this machine that has every character, preferably an upright one without serifs."""
    wanted = {ord(character) for character in text if not character.isspace()}
    upright = (font for font in fontManager.ttflist if font.style == "normal")
    liked = sorted(upright, key=lambda font: (not any(p in font.name.lower() for p in _LIKED), str(font.weight)))
    return next((font for font in liked if _has(font, wanted)), None)


def _has(font: FontEntry, wanted: Collection[int]) -> bool:
    try:
        known = get_font(font.fname).get_charmap()
    except (OSError, RuntimeError):
        return False  # listed once, and gone or damaged by now
    drawn = {known.get(character) for character in wanted}
    # A font of last resort has every character, and draws all of a kind alike.
    return None not in drawn and len(drawn) > len(wanted) / 2


def _figure(impact: Impact, words: ImpactWords) -> Figure:
    by_region, by_service, decisions, yuan, gained, lost = _titles(words)
    regions, services = _most(impact.by_region()), _most(impact.by_service())
    height = 0.32 * (len(regions) + len(services)) + 3.2
    figure = Figure(figsize=(14, height), layout="constrained")
    shares = [len(regions) + 2, len(services) + 2]
    axes = figure.subplots(2, 2, gridspec_kw={"height_ratios": shares}, squeeze=False, sharey="row")
    for row, (title, cells, name) in enumerate(
        ((by_region, regions, words.region), (by_service, services, words.service))
    ):
        names = [name(key) for key in cells]
        _bars(axes[row][0], f"{title} ({decisions})", names, [
            (f"→ {words.standing(standing)}", colour, [cell.moved(None, standing) for cell in cells.values()])
            for standing, colour in _FLIPS
        ])  # fmt: skip
        _bars(axes[row][1], f"{title} ({yuan})", names, [
            (gained, _GAINED, [_fen(cell, lambda fee: fee.gained) / 100 for cell in cells.values()]),
            (lost, _LOST, [-_fen(cell, lambda fee: fee.lost) / 100 for cell in cells.values()]),
        ])  # fmt: skip
    return figure


def _fen(cell: Cell, of: Callable[..., int]) -> int:
    return sum(map(of, cell.fees.values()))


def _most(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """Return the cells in which anything changes, those in which most does first; if nothing does, some all the same."""

    def weight(item: tuple[str, Cell]) -> tuple[int, int, str]:
        cell = item[1]
        moved = sum(cell.moved(None, standing) for standing, _ in _FLIPS)
        return -moved, -_fen(cell, lambda fee: fee.gained + fee.lost), item[0]

    changed = {key: cell for key, cell in cells.items() if weight((key, cell))[:2] != (0, 0)}
    return dict(sorted((changed or cells).items(), key=weight)[:MOST_BARS])


def _bars(axes: Axes, title: str, names: Sequence[str], series: Iterable[tuple[str, str, Sequence[float]]]) -> None:
    """Draw bars that lie one behind the other; sums that fall go to the left."""
    where = range(len(names))
    right, left = [0.0] * len(names), [0.0] * len(names)
    for label, colour, lengths in series:
        starts = [right[i] if lengths[i] >= 0 else left[i] for i in where]
        axes.barh(where, lengths, left=starts, color=colour, label=label)
        right = [right[i] + max(lengths[i], 0) for i in where]
        left = [left[i] + min(lengths[i], 0) for i in where]
    axes.set_yticks(where, names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_title(title)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlim(min([0.0, *left]) * 1.05, max([0.0, *right]) * 1.05 or 1.0)
    axes.legend(loc="best", fontsize="small")
