"""What the eye needs: contrast, a phone's width, and a page that runs and loads nothing."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = (files("wellhead.report") / "templates" / "page.css").read_text(encoding="utf-8")


def _colours(mode: str) -> dict[str, tuple[float, ...]]:
    light, dark = re.findall(r":root \{([^}]*--paper[^}]*)\}", CSS)[:2]
    found = re.findall(r"--(\w+): #(\w+)", light if mode == "light" else dark)
    wide = {name: code if len(code) == 6 else "".join(2 * c for c in code) for name, code in found}
    return {n: tuple(int(c[i : i + 2], 16) / 255 for i in (0, 2, 4)) for n, c in wide.items()}


def _contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The contrast ratio of WCAG 2."""

    def luminance(colour: tuple[float, ...]) -> float:
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_text_colour_is_readable_on_every_ground(mode):
    colours = _colours(mode)
    assert len(colours) >= 11
    for name in ("ink", "soft", "accent", "s0", "s1", "s2", "s3", "s4", "s5"):
        assert _contrast(colours[name], colours["paper"]) >= 4.5, name
    assert _contrast(colours["soft"], colours["panel"]) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_deepest_mark_keeps_its_text_readable(mode):
    colours = _colours(mode)
    deepest = max(float(part) for part in re.findall(r"--glow\) / ([.\d]+)", CSS))
    pairs = zip(colours["accent"], colours["paper"], strict=True)
    ground = tuple(deepest * a + (1 - deepest) * p for a, p in pairs)
    assert _contrast(colours["ink"], ground) >= 4.5


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_shows_hostile_text_without_running_loading_or_overflowing(
    hostile, chromium, tmp_path, width
):
    hostile.save_html(tmp_path / "page.html")
    said: list[str] = []
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url))
    page.goto((tmp_path / "page.html").as_uri())
    across = page.evaluate("document.documentElement.scrollWidth")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    captions = page.evaluate(
        "[...document.querySelectorAll('caption span')].map((one) => "
        "[one, one.closest('.scroll')].map((it) => it.getBoundingClientRect().right))"
    )
    page.close()
    assert captions
    assert all(end <= edge for end, edge in captions), "a caption is read without scrolling"
    assert said == [(tmp_path / "page.html").as_uri()]
    assert across <= width
