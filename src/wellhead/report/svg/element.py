"""SVG elements as strings: escaped text, short numbers, and the sizes of letters.

Lengths are units of a drawing that is `WIDTH` units wide. The page's style sheet enlarges letters
from `LETTERS` to `LARGE` units on a phone, so everything is laid out for `LARGE`.
"""

from __future__ import annotations

from html import escape

from wellhead.report.untrusted import clean, shorten

__all__ = [
    "ACCENT",
    "LARGE",
    "LETTERS",
    "WIDTH",
    "drawing",
    "element",
    "path",
    "text",
    "width_of",
]

WIDTH = 560.0
LETTERS = 13.0
LARGE = 18.0
# Seen on white and on near-black alike; in a page the style sheet sharpens it.
ACCENT = "#d0601f"


def element(name: str, *children: str, **attributes: object) -> str:
    """One element; underscores in attribute names become hyphens, `class_` becomes ``class``."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None and value != ""
    )
    inside = "".join(children)
    return f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>"


def text(words: object, x: float, y: float, *, anchor: str = "start", cls: str = "") -> str:
    """Words at a point, in the letters of the chart."""
    return element(
        "text",
        escape(clean(words)),
        x=x,
        y=y,
        text_anchor=None if anchor == "start" else anchor,
        class_=f"t {cls}".strip(),
    )


def path(points: list[tuple[float, float]], *, closed: bool = False) -> str:
    """The ``d`` of a polyline through `points`."""
    steps = (f"{'L' if i else 'M'}{_value(x)} {_value(y)}" for i, (x, y) in enumerate(points))
    return "".join(steps) + ("Z" if closed else "")


def width_of(words: str) -> float:
    """Units that `words` may take at the larger letter size, in a font on the wide side."""
    return sum(_letter(letter) for letter in words) * LARGE


def _letter(letter: str) -> float:
    if letter in "il.,:;|'!I ()[]":
        return 0.36
    # Capitals, the widest letters, and scripts whose letters are square.
    return 1.0 if letter in "mwMW%" or ord(letter) > 0x2E80 else 0.7 if letter.isupper() else 0.62


def drawing(height: float, title: str, description: str, *children: str) -> str:
    """A whole chart: `title` is its name and `description` its content for a screen reader."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" '
        f'viewBox="0 0 {_value(WIDTH)} {_value(height)}" '
        f'aria-label="{escape(shorten(title, 300))}" font-size="{_value(LETTERS)}" '
        f'font-family="system-ui, sans-serif" fill="currentColor">'
        f"<title>{escape(shorten(title, 300))}</title>"
        f"<desc>{escape(shorten(description, 2000))}</desc>{''.join(children)}</svg>"
    )


def _value(value: object) -> str:
    if isinstance(value, float):
        short = f"{value:.1f}"
        return short.removesuffix(".0") if short != "-0.0" else "0"
    return escape(str(value))
