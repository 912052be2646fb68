"""Which of the sampled texts become the demo's machine paragraphs, by rules that ask no detector.

In: the raw batches of `generate_demo_machine.py sample`. Out: the packaged data file, and a printed
count of what each rule took away. A text is one paragraph of an answer: the first that is long
enough, without a sentence that the length limit cut off. Lengths are then drawn to match the human
paragraphs, so that length does not tell the two apart.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from wellhead._atomic import atomic_path
from wellhead.demo.addresses import addresses
from wellhead.demo.prose import WORDS, fault, tidy

SEED = 1947
KEPT = 800
TARGET = Path(__file__).parent.parent / "src/wellhead/demo/machine_paragraphs.jsonl.gz"

# Text about the task and not of it: an offer, a refusal, a comment on the prompt or the answer.
ASIDE = re.compile(
    r"\b(as an ai|language model|smollm|hugging ?face|i'm sorry|i apologi[sz]e|i can't assist|"
    r"the (?:rest of the |first |original |revised |rewritten |above |following |given )?"
    r"(?:paragraph|prompt|passage|text)|this (?:paragraph|sentence|phrase|quote|passage|text)|"
    r"the (?:first |original )?sentence|the speech|word count|"
    r"here(?: is|'s) (?:a|an|the|my|your|one)\b)",
    re.IGNORECASE,
)
PREAMBLE = re.compile(r"^(?:sure|certainly|of course|okay|here(?: is|'s)|title)\b", re.IGNORECASE)

# A text may share at most this many words in a row with its prompt, and this share of its
# five-word sequences with all texts kept before it.
ECHO_WORDS = 10
SHARED_RUNS = 0.2


def select(work: Path) -> None:
    """Write the data file from the raw batches in `work` and print what was left out and why."""
    raw = [
        json.loads(line)
        for path in sorted(work.glob("batch_*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    rows, dropped = filtered(raw)
    rng = np.random.default_rng(SEED)
    kept = matched(rows, [len(p.split()) for a in addresses() for p in a.paragraphs], rng)
    kept.sort(key=lambda row: (row["batch"], row["prompt_id"], row["text"]))
    write(kept)
    print(f"sampled {len(raw)}, passed the rules {len(rows)}, kept {len(kept)} paragraphs")
    print("words, tenths:", np.quantile([row["words"] for row in kept], np.arange(0, 1.01, 0.1)))
    show("Left out", dropped)
    show("By style", Counter(row["prompt_id"].split("/")[0] for row in kept))
    show("By temperature", Counter(f"{row['temperature']:.1f}" for row in kept))


def show(heading: str, counts: Counter[str]) -> None:
    """A table of the card."""
    print(f"\n### {heading}\n\n| | paragraphs |\n|---|---:|")
    print("\n".join(f"| {name} | {number} |" for name, number in sorted(counts.items())))


def filtered(raw: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], Counter[str]]:
    """The rows that pass every rule, and how many each rule took away."""
    seen: set[tuple[str, ...]] = set()
    rows, dropped = [], Counter[str]()
    for answer in raw:
        text = paragraph(answer["output"])
        reason = fault(text) or aside(text, answer) or repeat(text, seen)
        if reason:
            dropped[reason] += 1
            continue
        seen |= runs(text, 5)
        rows.append(_row(answer, text))
    return rows, dropped


def paragraph(output: str) -> str:
    """The first long enough paragraph of `output`, tidied, up to its last finished sentence."""
    for block in re.split(r"\n\s*\n", output):
        text = tidy(block)
        ends = [found.end() for found in re.finditer(r"""[.!?]["')]?(?=\s|$)""", text)]
        text = text[: ends[-1]] if ends else ""
        if len(text.split()) >= WORDS[0] and not PREAMBLE.match(text):
            return text
    return ""


def aside(text: str, answer: dict[str, Any]) -> str | None:
    """Whether `text` talks about its task or hands the prompt back."""
    if ASIDE.search(text):
        return "aside"
    prompt = tidy(f"{answer['system'] or ''} {answer['prompt']} {answer['lead']}")
    return "echo" if runs(text, ECHO_WORDS) & runs(prompt, ECHO_WORDS) else None


def repeat(text: str, seen: set[tuple[str, ...]]) -> str | None:
    """Whether too much of `text` was in texts already kept."""
    own = runs(text, 5)
    return "duplicate" if len(own & seen) > SHARED_RUNS * len(own) else None


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    """Every sequence of `length` words in `text`, without case and punctuation."""
    words = re.findall(r"[a-z0-9']+", text.lower())
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def matched(
    rows: list[dict[str, Any]], human: list[int], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """About `KEPT` rows, as many from each tenth of the `human` lengths as there are."""
    edges = np.quantile(human, np.arange(0.1, 0.95, 0.1))
    tenth = np.digitize([row["words"] for row in rows], edges)
    wanted = KEPT // (len(edges) + 1)
    kept: list[dict[str, Any]] = []
    for number in range(len(edges) + 1):
        here = rng.permutation(np.flatnonzero(tenth == number))
        kept += [rows[i] for i in here[:wanted]]
    return kept


def write(rows: list[dict[str, Any]]) -> None:
    """The rows as compressed JSON lines; the same rows give the same bytes."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    with atomic_path(TARGET) as temporary:
        temporary.write_bytes(gzip.compress(lines.encode("utf-8"), 9, mtime=0))


def _row(answer: dict[str, Any], text: str) -> dict[str, Any]:
    kept = ("prompt_id", "temperature", "top_k", "top_p", "repetition_penalty", "batch")
    return {"text": text, "words": len(text.split()), **{key: answer[key] for key in kept}}
