"""How often the language of a text is told, and that of texts in two languages.

On the texts of `detection/dev2.parquet`, whose languages are known: 200 of each language, cut to
several lengths; and half a text of one language before half of one of another. "Not told" is what
says `und`, or nothing for want of letters. No language was made up for the rest: "wrong" is what
says another.

    python benchmarks/languages_told.py
"""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np
import pyarrow.parquet as pq

from _harness import benchmark_arguments, markdown_table, needed, save_json
from wellhead.corpus.language import UNDETERMINED, languages_of

LENGTHS = (1000, 200, 100, 60)
TEXTS = 200
COLUMNS = ("language", "characters", ">right", ">not told", ">wrong", ">mixed")


def main() -> None:
    """Print both tables."""
    parser = benchmark_arguments(__doc__)
    given = parser.parse_args()
    texts = drawn()
    languages_of("The profiles are read once, and that takes a while.")
    start = time.process_time()
    rows = [
        (code, length, *told(code, texts[code], length)) for code in texts for length in LENGTHS
    ]
    seconds = time.process_time() - start
    shown = [(*row[:2], *(f"{part:.1%}" for part in row[2:])) for row in rows]
    print(markdown_table(COLUMNS, shown))
    each = 1e6 * seconds / (len(rows) * TEXTS)
    print(f"\n{each:.0f} microseconds of processor time a text\n")
    pairs = {f"{a}+{b}": both(texts, a, b) for a, b in combinations(texts, 2)}
    print(
        markdown_table(("two languages", ">both told"), ((p, f"{x:.1%}") for p, x in pairs.items()))
    )
    save_json(given.json, {"columns": COLUMNS, "rows": rows, "both": pairs, "microseconds": each})


def drawn() -> dict[str, list[str]]:
    """So many texts of each language."""
    table = pq.read_table(needed("detection", "dev2.parquet"), columns=["text", "lang"])
    text, lang = (table[name].to_numpy(zero_copy_only=False) for name in ("text", "lang"))
    rng = np.random.default_rng(0)
    return {
        str(code): [str(one) for one in rng.choice(text[lang == code], TEXTS, replace=False)]
        for code in np.unique(lang)
    }


def told(code: str, texts: list[str], length: int) -> tuple[float, float, float, float]:
    """Shares of right, not told, wrong and mixed texts."""
    found = [languages_of(text[:length]) for text in texts]
    right = np.mean([one.language == code for one in found])
    not_told = np.mean([one.language in ("", UNDETERMINED) for one in found])
    mixed = np.mean([bool(one.mixed) for one in found])
    return float(right), float(not_told), max(0.0, float(1 - right - not_told)), float(mixed)


def both(texts: dict[str, list[str]], first: str, second: str) -> float:
    """How often both languages of a text are told."""
    pairs = zip(texts[first], texts[second], strict=True)
    # A Chinese character holds three letters' worth.
    part = {"zh": 160}
    joined = (a[: part.get(first, 480)] + "\n" + b[: part.get(second, 480)] for a, b in pairs)
    return float(np.mean([set(languages_of(one).mixed) == {first, second} for one in joined]))


if __name__ == "__main__":
    main()
