"""Ways in which text gets into a field: what is done, and what must be concluded.

Each case says who does it. No case of an honest writer may end in an accusation: an outcome of
`pasted_outside`, `mixed` or `scripted`, or a flag stronger than a note.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from field import FOREIGN, OTHER_LETTERS, Field

from wellhead.collect.derive.answer import Answer
from wellhead.collect.schema import Body, Event

__all__ = ["ACCUSING", "CASES", "Case", "agree_with_docs", "in_the_docs", "row", "trusted"]

TABLE = Path(__file__).resolve().parents[2] / "docs" / "collect-what-is-recorded.md"
HEAD = "| case | recorded | final characters | outcome | flags |\n|---|---|---|---|---|\n"

OWN = "Forty sheep sailed. "
NAMED = {
    "comp": "composition",
    "win": "window left",
    "net": "network went or came",
    "restore": "draft put back",
    "lease": "writing tab changed",
    "gap": "events lost",
}
ACCUSING = ("pasted_outside", "mixed", "scripted")
CHAT = f'<div data-message-author-role="assistant"><p>{FOREIGN}</p></div>'


class Case(NamedTuple):
    """`act` does it; `origins` are those of the final characters, in order."""

    name: str
    honest: bool
    act: Callable[[Field], None]
    origins: tuple[str, ...]
    outcome: str
    flags: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()

    @property
    def in_firefox(self) -> bool:
        """What takes Chromium's debugger, or a mouse that drags, is done there alone."""
        return self.act not in _CHROMIUM_ONLY

    @property
    def label(self) -> str:
        return self.name if self.in_firefox else f"{self.name} (Chromium only)"


def typing(field: Field) -> None:
    field.type("The sheep were countd")
    field.press("Backspace")
    field.type("ed twice.\nNone was lost.")


def from_task(field: Field) -> None:
    field.type(OWN)
    field.select("source")
    field.press("Control+c")
    field.click()
    field.press("Control+v")


def from_elsewhere(field: Field) -> None:
    field.paste(FOREIGN)


def over_filler(field: Field) -> None:
    field.type("words and words to fill the field")
    field.press("Control+a")
    field.paste(FOREIGN)


def value_set(field: Field) -> None:
    field.run("(text) => { area.value = text; }", FOREIGN)
    field.wait("handle.peek()?.body.includes('desync')")


def exec_command(field: Field) -> None:
    field.run("(text) => document.execCommand('insertText', false, text)", FOREIGN)


def paste_then_type(field: Field) -> None:
    field.paste(FOREIGN)
    field.press("Control+a", "Backspace")
    field.type(OWN)


def dropped(field: Field) -> None:
    field.drop(FOREIGN)


def undo_paste(field: Field) -> None:
    field.type(OWN)
    field.paste(FOREIGN)
    field.press("Control+z")


def redo_paste(field: Field) -> None:
    undo_paste(field)
    field.press("Control+Shift+z")


def undo_typing(field: Field) -> None:
    field.type(OWN)
    field.press("Backspace", "Backspace", "Control+z", "Control+z", "Control+Shift+z")


def filled(field: Field) -> None:
    field.run(
        "(text) => { area.value = text; area.dispatchEvent(new Event('input', {bubbles: true})); }",
        FOREIGN,
    )


def composed(field: Field) -> None:
    field.type("a ")
    for part in ("y", "ya", "yan", "羊"):
        at = {"text": part, "selectionStart": len(part), "selectionEnd": len(part)}
        field.cdp.send("Input.imeSetComposition", at)
    field.cdp.send("Input.insertText", {"text": "羊"})


def spelling(field: Field) -> None:
    """A correction replaces the word it selected; a browser without a dictionary offers none."""
    field.type("Forty seep sailed to the island at seven in the morning, I read.")
    field.run(
        """() => {
          area.setSelectionRange(6, 10);
          area.dispatchEvent(new InputEvent("beforeinput", { inputType: "insertReplacementText" }));
          area.setRangeText("sheep");
          area.dispatchEvent(new InputEvent("input", { inputType: "insertReplacementText" }));
        }"""
    )


def extension(field: Field) -> None:
    field.type("Forty seep sailed to the island at seven in the morning, I read.")
    field.run(
        """() => {
          area.setSelectionRange(6, 10);
          document.execCommand("insertText", false, "sheep");
        }"""
    )


def dictated(field: Field) -> None:
    for sentence in ("Forty sheep sailed at seven.", " They were counted twice."):
        field.cdp.send("Input.insertText", {"text": sentence})


def predicted(field: Field) -> None:
    """A phone keyboard's offer: a whole word behind a key that has no name."""
    for word in ("sheep ", "sailed ", "today "):
        key = {"key": "Unidentified", "windowsVirtualKeyCode": 229}
        field.cdp.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
        field.cdp.send("Input.insertText", {"text": word})
        field.cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})


def plain_paste(field: Field) -> None:
    field.clipboard(FOREIGN, f"<p><b>{FOREIGN}</b></p>")
    field.focus("area")
    field.press("Control+Shift+v")


def dragged(field: Field) -> None:
    """Select a word, take it with the mouse, let it go behind the last one."""
    field.type("sailed forty sheep")
    field.press("Home", "Control+Shift+ArrowRight")
    box = field.page.locator("#area").bounding_box()
    mouse = field.page.mouse
    mouse.move(box["x"] + 20, box["y"] + 12)
    mouse.down()
    mouse.move(box["x"] + 60, box["y"] + 12, steps=5)
    mouse.move(box["x"] + 500, box["y"] + 12, steps=10)
    mouse.up()


def taken_back_while_composing(field: Field) -> None:
    """A phone's keyboard takes letters back by composing the word anew, without them."""
    for part in ("shep", "she", "shee", "sheep"):
        at = {"text": part, "selectionStart": len(part), "selectionEnd": len(part)}
        field.cdp.send("Input.imeSetComposition", at)
    field.cdp.send("Input.insertText", {"text": "sheep"})


def pretended_keys(field: Field) -> None:
    """A script that makes key events and input events of its own."""
    field.run(
        """(text) => {
          for (const key of text) {
            area.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            const how = { inputType: "insertText", data: key, bubbles: true };
            area.dispatchEvent(new InputEvent("beforeinput", how));
            area.setRangeText(key, area.value.length, area.value.length, "end");
            area.dispatchEvent(new InputEvent("input", how));
            area.dispatchEvent(new KeyboardEvent("keyup", { key, bubbles: true }));
          }
        }""",
        FOREIGN[:60],
    )


def away(field: Field) -> None:
    """A minute in another window, by the page's clock, then foreign text at once."""
    field.type(OWN)
    field.run("window.dispatchEvent(new Event('blur'))")
    field.run(
        "() => { const now = performance.now.bind(performance); "
        "performance.now = () => now() + 60_000; }"
    )
    field.run("window.dispatchEvent(new Event('focus'))")
    field.paste(FOREIGN)


def through_another_field(field: Field) -> None:
    """Foreign text pasted into a field of one's own making, copied there, pasted here."""
    field.run(
        "document.body.append(Object.assign(document.createElement('textarea'), {id: 'own'}))"
    )
    _by_way_of(field, "own")


def through_an_editable_part(field: Field) -> None:
    field.run(
        "() => { const own = document.createElement('div'); own.id = 'own'; "
        "own.contentEditable = true; document.body.append(own); }"
    )
    _by_way_of(field, "own")


def _by_way_of(field: Field, element: str) -> None:
    field.clipboard(FOREIGN)
    field.focus(element)
    field.press("Control+v", "Control+a", "Control+c")
    field.focus("area")
    field.press("Control+v")


def quoted_translation(field: Field) -> None:
    """A browser's translation replaces the words of the task in the page."""
    translated = (
        "Die Fähre legte um sieben mit vierzig Schafen ab, und der Hafenmeister zählte sie."
    )
    field.run("(text) => { source.textContent = text; }", translated)
    from_task(field)


def quoted_instructions(field: Field) -> None:
    field.select("instructions")
    field.press("Control+c")
    field.click()
    field.press("Control+v")


def other_letters(field: Field) -> None:
    field.run(f"() => {{ {OTHER_LETTERS} }}")
    field.type("fj dkslafjdkslafj")


def other_letters_for_announced_ones(field: Field) -> None:
    """The same, one step later: the key passes, the announced insertion is cancelled."""
    field.run(
        """(hidden) => {
          let at = 0;
          document.addEventListener("beforeinput", (event) => {
            if (!event.isTrusted) return;
            event.preventDefault();
            document.execCommand("insertText", false, hidden[at++]);
          });
        }""",
        FOREIGN,
    )
    field.type("fj dkslafjdkslafj")


def letters_exchanged(field: Field) -> None:
    """Each letter is exchanged while it arrives, before the page hears of it."""
    field.run(
        """(hidden) => {
          let at = 0;
          window.addEventListener("input", () => {
            const end = area.selectionEnd;
            area.setRangeText(hidden[at++], end - 1, end, "end");
          }, true);
        }""",
        FOREIGN,
    )
    field.type("fjxdkslafjdkslafj")


def transliterated(field: Field) -> None:
    """An extension that turns Latin keys into another script, letter by letter."""
    field.run(
        """() => {
          document.addEventListener("keydown", (event) => {
            const letter = { o: "о", v: "в", c: "ц", a: "а" }[event.key];
            if (!letter) return;
            event.preventDefault();
            document.execCommand("insertText", false, letter);
          });
        }"""
    )
    field.type("ovcaovca")


def pretended_composition(field: Field) -> None:
    """Whole words by a script, behind a composition that nobody composes."""
    field.run(
        """(text) => {
          for (const word of text.split(" ").slice(0, 8)) {
            area.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
            document.execCommand("insertText", false, word + " ");
          }
        }""",
        FOREIGN,
    )


def protocol_text(field: Field) -> None:
    field.cdp.send("Input.insertText", {"text": FOREIGN})


def protocol_keys(field: Field) -> None:
    for character in FOREIGN[:70]:
        key = {"key": character, "text": character}
        field.cdp.send("Input.dispatchKeyEvent", {"type": "keyDown", **key})
        field.cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": character})


def moved(field: Field) -> None:
    field.type("sailed forty sheep")
    field.press("Home", "Control+Shift+ArrowRight", "Control+x", "End")
    field.type(" ")
    field.press("Control+v")


def laundered(field: Field) -> None:
    field.paste(FOREIGN)
    field.press("Control+a", "Control+x")
    field.type(OWN)
    field.press("Control+v")


def pasted_twice(field: Field) -> None:
    field.paste(FOREIGN[:60])
    field.paste(FOREIGN[60:])


def round_trip(field: Field) -> None:
    field.select("source")
    field.press("Control+c")
    field.run("window.dispatchEvent(new Event('blur'))")
    field.run("window.dispatchEvent(new Event('focus'))")
    field.clipboard(FOREIGN, CHAT)
    field.click()
    field.press("Control+v")


_CHROMIUM_ONLY = (
    *(composed, taken_back_while_composing, predicted, dictated, protocol_text, protocol_keys),
    *(dragged, dropped),
)
CASES = (
    Case("honest typing, with a correction", True, typing, ("typed",), "typed"),
    Case("paste from the task", True, from_task, ("typed", "paste_task"), "quotes_task"),
    Case("paste from the instructions", True, quoted_instructions, ("paste_task",), "quotes_task"),
    Case(
        "paste from the task, as the browser translated it", True, quoted_translation,
        ("typed", "unexplained"), "unobservable", ("unexplained_text",),
    ),
    Case("own words moved by cut and paste", True, moved, ("typed", "paste_self"), "typed"),
    Case("own words dragged", True, dragged, ("typed",), "typed"),
    Case(
        "paste, delete it, then type", True, paste_then_type, ("typed",), "typed",
        ("pasted_then_removed",),
    ),
    Case(
        "undo of a paste", True, undo_paste, ("typed",), "typed", ("pasted_then_removed",),
    ),
    Case("undo and redo of typing", True, undo_typing, ("typed",), "typed"),
    Case("input method (composition)", True, composed, ("typed", "ime"), "typed"),
    Case(
        "spelling correction", True, spelling, ("typed", "autocorrect", "typed"), "typed",
    ),
    Case(
        "phone keyboard: letters taken back while composing", True, taken_back_while_composing,
        ("ime",), "typed",
    ),
    Case("phone keyboard's whole words", True, predicted, ("autocorrect",), "typed_with_assist"),
    Case(
        "correction by an extension's script", True, extension, ("typed", "scripted", "typed"),
        "typed",
    ),
    Case(
        "letters turned into another script by an extension", True, transliterated,
        ("unexplained",), "unobservable", ("unexplained_text",),
    ),
    Case("dictation, not declared", True, dictated, ("dictation_or_assistive",), "unobservable"),
    Case(
        "dictation, declared before writing", True, dictated, ("dictation_or_assistive",),
        "typed_with_assist", (), ("dictation",),
    ),
    Case(
        "paste from elsewhere", False, from_elsewhere, ("paste_outside",), "pasted_outside",
        ("outside_text",),
    ),
    Case(
        "paste from elsewhere, as plain text", False, plain_paste, ("paste_outside",),
        "pasted_outside", ("outside_text",),
    ),
    Case(
        "a minute in another window, then a paste", False, away, ("typed", "paste_outside"),
        "pasted_outside", ("outside_text", "away_then_insert"),
    ),
    Case(
        "paste over typed filler", False, over_filler, ("paste_outside",), "pasted_outside",
        ("outside_text",),
    ),
    Case(
        "two pastes joined", False, pasted_twice, ("paste_outside", "paste_outside"),
        "pasted_outside", ("outside_text",),
    ),
    Case(
        "foreign paste, cut and pasted again", False, laundered, ("typed", "paste_outside"),
        "pasted_outside", ("outside_text",),
    ),
    Case(
        "redo of a paste", False, redo_paste, ("typed", "paste_outside"), "pasted_outside",
        ("outside_text",),
    ),
    Case(
        "task copied out, a chat's text pasted back", False, round_trip, ("paste_outside",),
        "pasted_outside", ("outside_text", "round_trip", "chat_markup"),
    ),
    Case(
        "paste into another field of the page, copied from there", False, through_another_field,
        ("paste_outside",), "pasted_outside", ("outside_text",),
    ),
    Case(
        "the same through an editable part of the page", False, through_an_editable_part,
        ("paste_outside",), "pasted_outside", ("outside_text",),
    ),
    Case(
        "drop from another program", False, dropped, ("drop",), "pasted_outside",
        ("outside_text",),
    ),
    Case(
        "value set by a script", False, value_set, ("unobserved",), "unobservable",
        ("unobserved_text",),
    ),
    Case(
        "value set, bare input event (form filler)", False, filled, ("scripted",), "scripted",
        ("scripted_text",),
    ),
    Case(
        "script that pretends keys", False, pretended_keys, ("scripted",) * 60, "scripted",
        ("scripted_text",),
    ),
    Case(
        "keys answered with the letters of a hidden text", False, other_letters, ("unexplained",),
        "unobservable", ("unexplained_text",),
    ),
    Case(
        "announced letters answered with those of a hidden text", False,
        other_letters_for_announced_ones, ("unexplained",), "unobservable", ("unexplained_text",),
    ),
    Case(
        "letters exchanged while they arrive", False, letters_exchanged, ("unexplained",),
        "unobservable", ("unexplained_text",),
    ),
    Case(
        "script behind a pretended composition", False, pretended_composition, ("scripted",) * 8,
        "scripted", ("scripted_text",),
    ),
    Case("execCommand insert", False, exec_command, ("scripted",), "scripted", ("scripted_text",)),
    Case(
        "debugger protocol: insertText", False, protocol_text, ("dictation_or_assistive",),
        "unobservable",
    ),
    Case("debugger protocol: key events", False, protocol_keys, ("typed",), "typed"),
)  # fmt: skip


def recorded(events: list[Event]) -> str:
    """What the log holds of a case, in few words."""
    said: list[str] = []
    for event in events:
        if event.kind == "edit":
            said.append(f"`{event.data.it or 'no inputType'}`{_signs(event.data)}")
        elif event.kind == "clip":
            said.append(f"{event.data.a} from {event.data.origin}{_share(event.data)}")
        elif event.kind == "desync":
            said.append(f"desync by {event.data.by}")
        elif event.kind in NAMED:
            said.append(NAMED[event.kind])
    return ", ".join(dict.fromkeys(said))


def _signs(edit: object) -> str:
    signs = {
        "untrusted": not edit.tr,  # type: ignore[attr-defined]
        "no `beforeinput`": not edit.bi,  # type: ignore[attr-defined]
        "no key": edit.kd is None and edit.n and edit.clip is None and not edit.co,  # type: ignore[attr-defined]
    }
    named = [sign for sign, present in signs.items() if present]
    return f" ({', '.join(named)})" if named else ""


def _share(clip: object) -> str:
    return " with chat markup" if clip.fl == "html-chat" else ""  # type: ignore[attr-defined]


def concluded(answer: Answer) -> str:
    total = sum(run.length for run in answer.provenance)
    parts = [f"{share:.0%} {origin}" for origin, share in answer.shares.items()]
    return ", ".join(parts) if total else "no text"


def row(name: str, events: list[Event], answer: Answer) -> str:
    """A case's line in a table of docs/collect-what-is-recorded.md."""
    flags = ", ".join(
        f"{flag.name} ({flag.strength})" for flag in answer.flags if flag.name != "mechanical_keys"
    )
    cells = (name, recorded(events), concluded(answer), answer.outcome, flags or "–")
    return f"| {' | '.join(cells)} |"


def trusted(body: Body) -> Body:
    """A correction from the browser's own menu is trusted; a test cannot open that menu."""
    events = [
        (i, t, kind, data.model_copy(update={"tr": 1}) if kind == "edit" else data)
        for i, t, kind, data in body.events
    ]
    return body.model_copy(update={"events": events})


def in_the_docs(label: str) -> list[str]:
    """What the table says is concluded of a case: final characters, outcome, flags."""
    (line,) = [line for line in TABLE.read_text().splitlines() if line.startswith(f"| {label} |")]
    return line.split(" | ")[2:]


def agree_with_docs(marker: str, lines: Sequence[str]) -> bool:
    """Whether the table under `marker` holds these lines; WELLHEAD_WRITE_DOCS=1 writes them."""
    table = HEAD + "\n".join(lines) + "\n"
    written = TABLE.read_text(encoding="utf-8")
    begin, end = f"<!-- {marker} -->\n", f"<!-- /{marker} -->"
    before, after = written.split(begin)[0], written.split(end)[1]
    if os.environ.get("WELLHEAD_WRITE_DOCS"):
        TABLE.write_text(f"{before}{begin}{table}{end}{after}", encoding="utf-8")
    return f"{before}{begin}{table}{end}{after}" == TABLE.read_text(encoding="utf-8")
