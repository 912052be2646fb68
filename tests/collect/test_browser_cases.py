"""What a real Chromium makes of each way of entering text, and what is concluded from it."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cases import ACCUSING, CASES, Case, agree_with_docs, row, trusted
from field import INSTRUCTIONS, KEY, SOURCE, Field, serve_field

from wellhead.collect.derive.answer import derive
from wellhead.collect.derive.integrity import Stored

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve_field() as found:
        yield found


@pytest.fixture(scope="module")
def page(chromium) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 900, "height": 600})
    yield context.new_page()
    context.close()


@pytest.fixture
def begin(page, address) -> Callable[..., Field]:
    """A fresh field, with options of the recorder."""
    return lambda **options: Field(page, address, check=100, **options)


@pytest.fixture
def field(begin) -> Field:
    return begin()


lines: dict[str, str] = {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_origins_and_outcome_of(case: Case, field: Field):
    case.act(field)
    bodies = field.bodies()
    if case.name == "spelling correction":
        bodies = [trusted(body) for body in bodies]
    events = [event for body in bodies for event in body.read()]
    stored = [Stored(body) for body in bodies]
    shown = f"{INSTRUCTIONS}\n{SOURCE}"
    answer = derive(stored, field.text, key=bytes.fromhex(KEY), declared=case.declared, shown=shown)
    lines[case.name] = row(case.label, events, answer)
    assert answer.integrity.complete, answer.integrity
    assert tuple(run.origin for run in answer.provenance) == case.origins
    assert sum(run.length for run in answer.provenance) == len(field.text)
    assert answer.outcome == case.outcome
    # A test's own hands are uneven, the browser's debugger is not.
    named = {flag.name for flag in answer.flags} - {"mechanical_keys"}
    assert named == set(case.flags)
    if case.honest:
        assert answer.outcome not in ACCUSING
        assert all(flag.strength == "note" for flag in answer.flags)


def test_the_table_in_the_docs_is_what_happened():
    if len(lines) < len(CASES):
        pytest.skip("only some cases ran")
    assert agree_with_docs("cases", [lines[case.name] for case in CASES]), "WELLHEAD_WRITE_DOCS=1"


def test_no_letter_and_no_clipboard_text_leaves_the_page_at_the_default_level(field):
    field.type("xyzzy plugh")
    field.paste("a secret from elsewhere, long enough to be hashed")
    field.press("Control+a", "Backspace")
    field.bodies()
    sent = "".join(batch["body"] for batch in field.run("batches"))
    assert not any(word in sent for word in ("xyzzy", "plugh", "secret", "elsewhere,"))


def test_the_summary_level_sends_no_keys(begin):
    field = begin(level="summary")
    field.type("short")
    kinds = {event.kind for event in field.events()}
    answer = field.answer(level="summary")
    assert "key" not in kinds
    assert answer.outcome == "typed"


def test_the_full_level_holds_enough_to_spell_the_answer(begin):
    field = begin(level="full")
    field.type("abc")
    edits = [event.data.x for event in field.events() if event.kind == "edit"]
    assert edits == list("abc")


@pytest.mark.parametrize(("policy", "kept"), [("block", ""), ("warn", "elsewhere")])
def test_a_study_can_block_pasting_or_warn(begin, policy, kept):
    field = begin(paste=policy)
    field.paste("elsewhere")
    clips = [event.data for event in field.events() if event.kind == "clip"]
    assert (field.text, field.run("policy"), clips[0].bl) == (kept, policy, policy)


def test_nothing_is_recorded_after_stop(field):
    field.run("handle.stop()")
    field.type("quiet")
    assert field.run("batches.length") == 0


def test_hashes_are_those_that_everybody_computes(field):
    import hashlib
    import hmac

    for text in ("", "é😀" * 40, SOURCE, "x" * 5000):
        assert (
            field.run("(t) => recorder.textHash(t)", text)
            == hashlib.sha256(text.encode()).hexdigest()
        )
        ours = field.run(
            "([t, k]) => recorder.keyedHash(new TextEncoder().encode(k), t)", [text, "key"]
        )
        assert ours == hmac.new(b"key", text.encode(), "sha256").hexdigest()[:32]


def test_the_least_change_between_two_texts_never_cuts_a_character(field):
    wrong = field.run(
        """() => {
          const pieces = ["a", "b", "😀", "😁", "\\n", "中"];
          let seed = 7;
          const draw = (n) => (seed = (seed * 48271) % 2147483647) % n;
          const make = () => Array.from({ length: draw(9) }, () => pieces[draw(6)]).join("");
          for (let round = 0; round < 30000; round++) {
            const [old, now] = [make(), make()];
            const s0 = draw(old.length + 1), s1 = s0 + draw(old.length - s0 + 1);
            const where = round % 2 ? [s0, s1, draw(now.length + 1)] : [];
            const { p, d, n } = recorder.splice(old, now, ...where);
            const put = now.slice(p, p + n);
            const whole = old.slice(0, p) + put + old.slice(p + d) === now;
            if (!whole || /\\p{Cs}/u.test(put + old.slice(p, p + d))) return [old, now, where];
          }
          return null;
        }"""
    )
    assert wrong is None


def test_the_recorder_is_one_small_file_without_imports():
    """Under 16.5 KB, of which the several texts of one page take 1.4; compressed under 6.5 KB."""
    from wellhead.collect.page import static_file

    source = static_file("recorder.js").content
    assert len(source) < 16_500
    assert len(gzip.compress(source)) < 6_500
    assert b"import" not in source
    assert b"fetch(" not in source
