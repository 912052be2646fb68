"""The family tree as a picture: one line for each member, older ones above, folded where long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from wellhead.lineage.family import Member
from wellhead.report.numbers import count, percent
from wellhead.report.svg.element import LARGE, WIDTH, drawing, element, text, width_of
from wellhead.report.table import Column, Table
from wellhead.report.untrusted import shorten

__all__ = ["Tree"]

_HIGH, _TOP, _LEFT, _INDENT, _BAR = 44.0, 30.0, 12.0, 15.0, 86.0
_DEEPEST = 9
_UNFOLDED, _LINES, _ALIKE = 24, 60, 3


class _Line(NamedTuple):
    """One drawn line: a member, or several that are folded into one."""

    members: tuple[Member, ...]
    level: int
    above: tuple[int, ...]


@dataclass(frozen=True)
class Tree:
    """Members, parents before children.

    Args:
        members: as in `Family`.
        title: what it is.
    """

    members: Sequence[Member]
    title: str = "From people's sentences to the last generation"
    lines: list[_Line] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", _lines(self.members))

    @property
    def description(self) -> str:
        return (
            "Each line is a body of text under what it was made from. The bar shows which part of "
            "its rows has a human ancestor; a dashed circle marks what is lost."
        )

    def to_svg(self) -> str:
        """The tree as one SVG element."""
        shown = self.lines[:_LINES]
        parts = [text("with a human root", WIDTH - 2, 15, anchor="end", cls="m")]
        for number, line in enumerate(shown):
            parts += [_edge(shown[above], above, line, number) for above in line.above]
        parts += [_drawn(line, number) for number, line in enumerate(shown)]
        height = _TOP + _HIGH * len(shown)
        if left := sum(len(line.members) for line in self.lines[_LINES:]):
            parts.append(text(f"and {count(left)} more, in the table", _LEFT, height + 16, cls="m"))
            height += 26
        return drawing(height, self.title, self.description, *parts)

    def to_table(self) -> Table:
        """Every member, unfolded."""
        columns = [
            Column("name"),
            Column("generation", "count"),
            Column("rows", "count"),
            Column("with a human root", "percent"),
            Column("written by"),
            Column("made from"),
            Column("state"),
            Column("manifest"),
        ]
        names = {each.id: each.name for each in self.members}
        rows = [
            (
                each.name,
                each.generation,
                each.rows,
                _share(each),
                each.writers,
                ", ".join(names.get(parent, parent[:12]) for parent in each.parents) or "–",
                "lost in part" if each.lost else "in the store",
                each.id[:12],
            )
            for each in self.members
        ]
        return Table(columns, rows)


def _share(member: Member) -> float:
    return member.rooted / member.rows if member.rows else 0.0


def _lines(members: Sequence[Member]) -> list[_Line]:
    """Members in lines: children under their first parent, long runs folded."""
    order = {each.id: number for number, each in enumerate(members)}
    children: dict[str, list[Member]] = defaultdict(list)
    for each in members:
        inside = [parent for parent in each.parents if parent in order]
        children[max(inside, key=order.__getitem__) if inside else ""].append(each)
    fold = len(members) > _UNFOLDED
    groups: list[tuple[tuple[Member, ...], int]] = []
    waiting = [(group, 0) for group in reversed(_alike(children[""], children, fold))]
    while waiting:
        group, level = waiting.pop()
        run = _run(group, children) if fold else group
        groups.append((run, level))
        below = [child for each in run for child in children[each.id] if child not in run]
        waiting += [(part, level + 1) for part in reversed(_alike(below, children, fold))]
    return _linked(groups)


def _alike(
    kin: Sequence[Member], children: dict[str, list[Member]], fold: bool
) -> list[tuple[Member, ...]]:
    """Siblings; many that have no children and are whole become one line."""
    quiet = [each for each in kin if fold and not children[each.id] and not each.lost]
    if len(quiet) <= _ALIKE:
        return [(each,) for each in kin]
    rest = [(each,) for each in kin if each not in quiet]
    return [*rest, tuple(quiet)]


def _run(group: tuple[Member, ...], children: dict[str, list[Member]]) -> tuple[Member, ...]:
    """A member, and the descendants that follow it one by one; the last of them stays apart."""
    run = list(group)
    if len(run) > 1 or run[0].depth == 0 or run[0].lost:
        return group
    while len(children[run[-1].id]) == 1:
        (child,) = children[run[-1].id]
        if child.lost or not children[child.id] or len(child.parents) > 1:
            break
        run.append(child)
    return tuple(run)


def _linked(groups: Sequence[tuple[tuple[Member, ...], int]]) -> list[_Line]:
    at = {each.id: number for number, (run, _) in enumerate(groups) for each in run}
    lines = []
    for number, (run, level) in enumerate(groups):
        above = {at[parent] for each in run for parent in each.parents if parent in at}
        lines.append(_Line(run, level, tuple(sorted(a for a in above if a < number))))
    return lines


def _spot(line: _Line, number: int) -> tuple[float, float]:
    return _LEFT + _INDENT * min(line.level, _DEEPEST), _TOP + _HIGH * number + 14


def _edge(parent: _Line, above: int, line: _Line, number: int) -> str:
    (x, y), (end, low) = _spot(parent, above), _spot(line, number)
    # Deeper than the last indent, lines run down the left of their parents.
    way = f"M{x:.1f} {y + 6:.1f}V{low:.1f}H{end - 6:.1f}" if end > x else ""
    way = way or f"M{x:.1f} {y + 6:.1f}V{low - 6:.1f}"
    return element("path", d=way, stroke="currentColor", stroke_opacity=0.45, fill="none")


def _drawn(line: _Line, number: int) -> str:
    x, y = _spot(line, number)
    last = line.members[-1]
    lost = any(each.lost for each in line.members)
    human = all(each.writers == "people" for each in line.members)
    dot: dict[str, object] = {"fill": "currentColor" if human else "none"}
    if lost:
        dot = {"fill": "none", "stroke_dasharray": "2 2"}
    start = x + 12
    room = WIDTH - _BAR - 12 - start
    return element(
        "g",
        element("circle", cx=x, cy=y, r=5.0, stroke="currentColor", **dot),
        text(_fitted(_name(line, lost), room), start, y + 5, cls="b"),
        text(_fitted(_facts(line), WIDTH - start), start, y + 23, cls="m"),
        *_bar(last, y - 6),
    )


def _name(line: _Line, lost: bool) -> str:
    names = [shorten(each.name, 40) for each in line.members]
    name = names[0] if len(names) == 1 else f"{len(names)}: {names[0]} … {names[-1]}"
    return f"lost: {name}" if lost else name


def _facts(line: _Line) -> str:
    first, last = line.members[0], line.members[-1]
    depth = f"{first.generation}"
    if first.generation != last.generation:
        depth = f"{first.generation} to {last.generation}"
    rows = sum(each.rows for each in line.members)
    said = f"generation {depth}, {count(rows)} rows"
    if last.human_low is not None:
        said += f", {percent(last.human_low)} to {percent(last.human_high)} human"
    return said


def _fitted(words: str, room: float) -> str:
    """As much of `words` as there is room for."""
    if width_of(words) <= room:
        return words
    while words and width_of(words) > room - LARGE:
        words = words[:-1]
    return f"{words.rstrip()}…"


def _bar(member: Member, top: float) -> list[str]:
    left, share = WIDTH - _BAR, _share(member)
    whole = {"x": left, "y": top, "height": 12.0}
    return [
        element("rect", width=_BAR - 2, fill="none", stroke="currentColor", **whole),
        element("rect", width=(_BAR - 2) * share, fill="currentColor", fill_opacity=0.55, **whole)
        if share
        else "",
    ]
