"""The items of the suite `quick`, from State of the Union text that runs hold out.

    python tools/make_quick_items.py

Writes `src/wellhead/capability/quick/*.jsonl`, the same bytes every time. Text comes from the
paragraphs that the family `transformer` holds out of the embedded corpus at its preset `lm-quick`.
It deals documents out in one fixed shuffle, so that a run on more of the corpus, with the same or a
larger share held out, holds out these and others. `cluster` says which items share a paragraph, a
noun or nothing: intervals count clusters, not items.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from wellhead._atomic import write_text
from wellhead.recursion.families.transformer.text import _deal, _some
from wellhead.recursion.families.words import EMBEDDED, WORD, read_texts

OUT = Path(__file__).parents[1] / "src" / "wellhead" / "capability" / "quick"
CHARACTERS, HELD_OUT = 200_000, 0.1  # of the preset lm-quick
ITEMS = 100
CONTEXT = (40, 160)  # characters before what is asked for, at least and at most
# Words by how often they come in 100,000 words of all addresses.
BANDS = {"rare": (2, 10), "middle": (10, 200), "frequent": (200, 1e9)}
ENDING = (4, 8)  # words of the end of a sentence

SINGULAR = (
    *("treaty", "nation", "citizen", "report", "power", "department", "state", "law"),
    *("member", "officer", "measure", "duty", "court", "soldier", "bill", "farmer"),
)
PLURAL = (
    *("treaties", "nations", "citizens", "reports", "powers", "departments", "states", "laws"),
    *("members", "officers", "measures", "duties", "courts", "soldiers", "bills"),
    "farmers",
)
VERBS = (("is", "are"), ("was", "were"), ("has", "have"))
LINKS = ("of", "with", "near", "for", "behind")


def main() -> None:
    documents, _ = _deal(_some(EMBEDDED, CHARACTERS), HELD_OUT)
    documents = [text for text in documents if len(text) > 2 * CONTEXT[0]]
    frequency = per_100_000()
    kept = {
        "cloze": cloze(documents),
        **{name: words(documents, frequency, band) for name, band in BANDS.items()},
        "arithmetic": arithmetic(),
        "agreement": agreement(),
    }
    for name, items in kept.items():
        lines = [json.dumps(item, ensure_ascii=False) for item in items]
        write_text(OUT / f"{name}.jsonl", "\n".join(lines) + "\n")
        print(name, len(items), "items,", len({item["cluster"] for item in items}), "clusters")


def per_100_000() -> dict[str, float]:
    """How often each word comes, letters as they are."""
    counts = Counter(word for text in read_texts(EMBEDDED) for word in WORD.findall(text))
    total = sum(counts.values())
    return {word: 1e5 * count / total for word, count in counts.items()}


def words(
    documents: list[str], frequency: dict[str, float], band: tuple[float, float]
) -> list[dict[str, Any]]:
    """The word that comes next, where it is of this band of frequency."""
    found = []
    for number, text in enumerate(documents):
        for match in re.finditer(r"(?<= )[a-z]+(?=[ ,.;:])", text):
            context = before(text, match.start() - 1)
            share = frequency.get(match.group(), 0.0)
            if context is not None and band[0] <= share < band[1] and len(match.group()) > 1:
                found.append({"context": context, "answer": match.group(), "cluster": number})
    return drawn(found)


def cloze(documents: list[str]) -> list[dict[str, Any]]:
    """The right end of a sentence among four ends of other held-out sentences."""
    found = list(endings(documents))
    rng = np.random.default_rng(0)
    ends = [(item["cluster"], item["end"]) for item in found]
    for item in found:
        others = [end for cluster, end in ends if cluster != item["cluster"]]
        near = sorted(others, key=lambda end: abs(len(end) - len(item["end"])))[:40]
        wrong = [str(each) for each in rng.choice(near, 3, replace=False)]
        item["gold"] = int(rng.integers(4))
        wrong.insert(item["gold"], item.pop("end"))
        item["choices"] = wrong
    return drawn(found)


def endings(documents: list[str]) -> Iterator[dict[str, Any]]:
    for number, text in enumerate(documents):
        for match in re.finditer(r"[A-Z][^.;?!]+\.", text):
            starts = [found.start() for found in re.finditer(r"(?<= )\S", match.group())]
            if len(starts) < 2 * ENDING[1]:
                continue
            cut = starts[-(ENDING[0] + len(starts) % (ENDING[1] - ENDING[0] + 1))]
            context = before(text, match.start() + cut - 1)
            if context is not None:
                yield {"context": context, "end": match.group()[cut:], "cluster": number}


def before(text: str, end: int) -> str | None:
    """The words before a place, as many as a short context holds; None where there are too few."""
    start = max(0, end - CONTEXT[1])
    if start:
        start = text.find(" ", start) + 1
    return text[start:end] if end - start >= CONTEXT[0] else None


def arithmetic() -> list[dict[str, Any]]:
    """Sums and differences of numbers up to 20, four answers near each other."""
    rng = np.random.default_rng(1)
    pairs = [(a, b) for a in range(1, 21) for b in range(1, 21)]
    items = []
    for number, place in enumerate(rng.permutation(len(pairs))[:ITEMS]):
        a, b = pairs[place]
        sign = "+" if number % 2 or a < b else "-"
        right = a + b if sign == "+" else a - b
        wrong = [each for each in range(max(0, right - 3), right + 4) if each != right]
        answers = [int(each) for each in rng.choice(wrong, 3, replace=False)]
        gold = int(rng.integers(4))
        answers.insert(gold, right)
        choices = [str(each) for each in answers]
        context = f"{a} {sign} {b} ="
        items.append({"context": context, "choices": choices, "gold": gold, "cluster": number})
    return items


def agreement() -> list[dict[str, Any]]:
    """The verb that agrees with the first of two nouns, of which the second may mislead."""
    rng = np.random.default_rng(2)
    items = []
    for number in range(ITEMS):
        noun, other = (int(each) for each in rng.choice(len(SINGULAR), 2, replace=False))
        many, misleading = number % 2, number // 2 % 2
        subject = (SINGULAR, PLURAL)[many][noun]
        second = (SINGULAR, PLURAL)[many ^ misleading][other]
        link, verbs = LINKS[number % len(LINKS)], VERBS[number % len(VERBS)]
        context = f"The {subject} {link} the {second}"
        items.append({"context": context, "choices": list(verbs), "gold": many, "cluster": noun})
    return items


def drawn(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A fixed choice, in an order in which any first part is spread over the clusters."""
    order = np.random.default_rng(3).permutation(len(items))[:ITEMS]
    return [items[place] for place in order]


if __name__ == "__main__":
    main()
