"""Normalisation takes the file out of a text and leaves the writing."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from random import Random

import literal_text
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wellhead.detect import Normalisation, normalise
from wellhead.detect.hashing import count
from wellhead.detect.normalise import codes_of, normalise_all

DATA = Path(os.environ.get("WELLHEAD_DATA", Path(__file__).parents[3] / "shared" / "data"))
DEVELOPMENT = DATA / "detection" / "dev.parquet"
needs_development_texts = pytest.mark.skipif(
    not DEVELOPMENT.exists(), reason="needs detection/dev.parquet in WELLHEAD_DATA"
)

PROSE = "The tram stopped. Nobody got off, and the driver sighed. We went on to the depot."

# What real files do to text: entities, marks, residue, frames, odd spaces, cuts.
PIECES = r"""
&amp;|&amp;amp;lt;|<br>|\n|\x92|â€™|Â£|**|# |- |1. |```python|[a](http://b.c)|—|--|“|''| ' s|n't|
Sure! |Here is a summary: |[assistant]: |Abstract: |I hope this helps!|...|the end|It was. |No|a|
b.C|? |e\u0301| ,|( |\ud800|`|_x_|\u200b|\u00ad|\r\n|\u00a0| - |\u2028|\\n
"""
ESCAPED = [
    piece.encode("latin-1", "backslashreplace").decode("unicode_escape")
    for piece in PIECES.replace("\n", "").split("|")
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(ESCAPED) | st.text(max_size=6), max_size=12).map("".join))
def test_doing_it_twice_is_doing_it_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_any_string_comes_through_as_one_line_without_control_characters(text: str) -> None:
    clean = normalise(text)
    assert clean == clean.strip()
    assert not any(character in clean for character in "\n\r\t\x00\x92\u200b\u00a0")
    clean.encode("utf-8")


@pytest.mark.parametrize(
    ("file", "writing"),
    [
        ("The tram &amp; the bus cost &pound;2.", "The tram & the bus cost £2."),
        ("The tram cost Â£776m, â€œtoo muchâ€\x9d.", 'The tram cost £776m, "too much".'),
        ("It\x92s late.", "It's late."),
        ("It’s “late”…", 'It\'s "late"...'),
        ("He came—late.", "He came - late."),
        ("He came -- late.", "He came - late."),
        ("He came – late.", "He came - late."),
        ("From 1990–1995.", "From 1990-1995."),
        ("You ’ re Jane ’ s friend .", "You're Jane's friend."),
        ("I did n't ( really ) go .", "I didn't (really) go."),
        ("End of line.Next line.", "End of line. Next line."),
        ("First.\\n\\nSecond.", "First. Second."),
        ("zero\u200bwidth soft\u00adhyphen.", "zerowidth softhyphen."),
        ("odd\u00a0\u2003spaces.\r\n\r\nHere.", "odd spaces. Here."),
        ("# Title\n\n- one **bold** thing.\n- two.", "Title one bold thing. two."),
        ("See [the page](https://example.org/a).", "See the page."),
        ("Cafe\u0301 is open.", "Café is open."),
        ("<p>Hello.</p> <b>You.</b>", "Hello. You."),
    ],
)
def test_what_the_file_added_is_taken_out(file: str, writing: str) -> None:
    assert normalise(file) == writing


@pytest.mark.parametrize(
    "frame",
    [
        "Here is a 6 sentence abstract for the given academic article title:",
        "Sure, here's a polished version:\n\n",
        "Certainly! Here is the rewritten paragraph: ",
        "**Here is the story:**\n",
        "[assistant]: ",
        "Abstract:",
        "This is the 7 sentences of the title of the article: ",
    ],
)
def test_the_frame_of_a_chat_is_dropped(frame: str) -> None:
    assert normalise(frame + PROSE) == PROSE


@pytest.mark.parametrize(
    "opening",
    [
        "Great food and a view: we stayed for hours.",
        "Sure, he was late. Nobody minded.",
        "Of course, we had no idea.",
        "This is the best pizza in town: thin and hot.",
        "Yes. We went twice.",
    ],
)
def test_openings_of_people_stay(opening: str) -> None:
    assert normalise(opening) == opening


def test_where_a_text_was_cut_leaves_no_trace() -> None:
    cut = "of the old line had closed. " + PROSE + " Then the lights"
    assert normalise(cut) == PROSE


def test_lower_case_throughout_is_the_writers_habit_and_stays() -> None:
    text = "we went there. it was fine. we left early."
    assert normalise(text) == text


def test_every_option_can_be_left_out() -> None:
    off = Normalisation(
        html=False, encoding=False, typography=False, markdown=False, chat=False, edges=False
    )
    text = "sure! Here is a text: *a* &amp; ‘b’ â€™ and so"
    assert normalise(text, off) == text


def test_only_so_much_of_a_text_is_read() -> None:
    assert len(normalise("word. " * 10_000, Normalisation(limit=600))) <= 600


@pytest.mark.parametrize(
    "hostile",
    [
        "&amp;",
        "&",
        "<a",
        "* ",
        "(",
        "Here is ",
        "- - ",
        "\\n",
        '."',
        " ",
        "\n ",
        "a - ",
        "[(",
        "' ",
    ],
)
def test_no_text_takes_long(hostile: str) -> None:
    normalise(hostile)  # what is compiled once, on a new machine, is not the text's fault
    start = time.process_time()
    normalise(hostile * 20_000)
    assert time.process_time() - start < 2


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(literal_text.PIECES) | st.text(max_size=4), max_size=14).map("".join)
)
def test_compiled_repairs_are_the_definition_to_the_last_character(text: str) -> None:
    assert normalise(text) == literal_text.normalise(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(literal_text.PIECES), max_size=8).map("".join), st.integers(0, 63))
def test_so_they_are_under_any_options(text: str, bits: int) -> None:
    options = Normalisation(*(bool(bits >> at & 1) for at in range(6)))
    assert normalise(text, options) == literal_text.normalise(text, options)


def test_thousands_of_drawn_texts_are_equal_too_in_one_call() -> None:
    random = Random(1)
    texts = [
        "".join(random.choices(literal_text.PIECES, k=random.randint(0, 12))) for _ in range(4000)
    ]
    assert normalise_all(texts) == [literal_text.normalise(text) for text in texts]


@needs_development_texts
def test_real_texts_are_equal_too() -> None:
    texts = pq.read_table(DEVELOPMENT, columns=["text"])["text"].to_pylist()[::400]
    assert normalise_all(texts) == [literal_text.normalise(text) for text in texts]


def test_damaged_bytes_do_no_harm() -> None:
    data = np.random.default_rng(0).integers(0, 256, 20_000).astype(np.uint8)
    ends = np.arange(0, 20_001, 50, dtype=np.int64)
    assert len(codes_of(data, ends).texts()) == 400


def test_counts_stay_what_the_shipped_scores_were_measured_with():
    texts = ["".join(Random(at).choices("The tram, it's 12 late.", k=60)) for at in range(200)]
    counts = count(texts)
    parts = (counts.indptr, counts.indices, counts.data)
    digest = hashlib.sha256(b"".join(part.astype("<i8").tobytes() for part in parts)).hexdigest()
    assert digest[:16] == "b656babf4806cb2e"
