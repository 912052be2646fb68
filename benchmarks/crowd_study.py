"""The crowd-work study end to end: collect, generate, adapt, assay, audit.

1. The 48 answers of 2023 as `wellhead collect` reads them, with what their logs say.
2. `wellhead generate` with the recipe of the study, 16 abstracts at two temperatures ten times,
   from a stand-in endpoint on this machine that answers with the study's published outputs.
3. The general detector, adapted to the study's own training texts, on its two test splits: by
   summary, and by abstract, where no text on an abstract of the test was seen; then knowing the
   abstracts, with length, and length alone, because the study's detector saw it.
4. The assay of the answers against the human summaries of 2018 and the generated folder, adapted,
   with copies of the abstracts set apart and the control at equal lengths.
5. An audit of 24 answers drawn by the detector's doubt and labelled by the logs: pasted from
   outside or not. Then the assay with these labels. A log sees a paste, not a model.

Data: epfl-dlab/GPTurk (arXiv 2306.07899), not part of this project; looked for in
``$WELLHEAD_DATA/gpturk`` or ``../shared/data/gpturk``.

Run: ``python benchmarks/crowd_study.py [--json FILE]``; needs the extra ``generate``; about two
minutes of one core.
"""

from __future__ import annotations

import csv
import json
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import wellhead
from _harness import benchmark_arguments, needed, save_json
from wellhead._stats import Interval
from wellhead.audit import begin, read_audit
from wellhead.audit.labelling import Given
from wellhead.collect.importers import Imported, read_import
from wellhead.collect.overview import FOREIGN
from wellhead.detect import Cluster, load_scorer
from wellhead.detect.adapt import OwnTexts, adapt_detector
from wellhead.detect.normalise import normalise_all
from wellhead.detect.tiers import open_tier
from wellhead.detect.tiers.fitting import with_tier
from wellhead.generate import Endpoint, Recipe, generate, read_task

STUDY = {"summary": ("transductive", 0.991), "abstract": ("inductive", 0.974)}
TASK = """title = "Summaries of abstracts"
instructions = "Summarise the abstract below in about 100 words."
prompt = "$instructions\\n\\nText: $source"
[sources]
file = {file}
text = "texts"
"""
AUDITED = 24
CUTS = (0.01, 0.03, 0.05, 0.1, 0.15)


def main() -> None:
    parser = benchmark_arguments(__doc__)
    arguments = parser.parse_args()
    folder = needed("gpturk")
    figures: dict[str, Any] = {"accuracy": {name: _accuracy(folder, name) for name in STUDY}}
    answers = list(read_import(folder / "Batch_5083843_batch_results.csv", "gpturk"))
    pasted = sum(answer.outcome in FOREIGN for answer in answers)
    print(f"collect: {len(answers)} answers; by their logs {pasted} were pasted from outside")
    with tempfile.TemporaryDirectory() as place:
        figures["assay"] = _chain(folder, answers, Path(place))
    save_json(arguments.json, figures)


def _accuracy(folder: Path, level: str) -> dict[str, float]:
    """Of the adapted detector in its ways, and of length; each cut by held-out training texts.

    The study's detector read whole texts, so that length was among what it learned; ours learns
    from stretches, so that length says little unless it is asked for.
    """
    split, printed = STUDY[level]
    train, test = (_json(folder / f"{part}_{split}.json") for part in ("train", "test"))
    own = OwnTexts(
        [row["text"] for row in train],
        ["human" if row["labels"] == "real" else "ChatGPT" for row in train],
        # By abstract, the cut is fitted on scores of abstracts that were not seen, too.
        [row["HITId"] if level == "abstract" else str(at) for at, row in enumerate(train)],
    )
    abstracts = [row["text"] for row in _json(folder / "base.json") if row["class"] == "abstract"]
    general = load_scorer("general")
    plain = adapt_detector(general, own)
    knowing = adapt_detector(general, own, sources=abstracts)
    ways = {
        "words": plain,
        "words and sources (--source)": knowing,
        "words and length (--tier length)": with_tier(plain, open_tier("length")),
        "words, sources and length": with_tier(knowing, open_tier("length")),
    }
    texts = [row["text"] for row in test]
    sides = {
        name: (way.score_held_out(way.own.texts), way.score(texts)) for name, way in ways.items()
    }
    sides["length alone"] = (_length(plain.own.texts), _length(normalise_all(texts)))
    machine = np.array(plain.own.writer) != "human"
    truth = np.array([row["labels"] == "synthetic" for row in test])
    found = {"texts": float(len(test)), "published": printed}
    for name, (learned, asked) in sides.items():
        errors = int(((asked > _cut(learned, machine)) != truth).sum())
        found[name] = 1 - errors / len(test)
        found[f"{name}, AUC"] = auc = Cluster("", "", asked[~truth], asked[truth]).auc
        left_out = Cluster("", "", learned[~machine], learned[machine]).auc
        print(
            f"split by {level}, {name}: accuracy {found[name]:.3f} ({errors} of {len(test)} wrong),"
            f" AUC {auc:.3f}; of training texts left out {left_out:.3f}"
        )
    print(f"split by {level}: the study printed {printed}")
    return found


def _cut(scores: np.ndarray, machine: np.ndarray) -> float:
    """Where most texts are told apart, machines above; the middle of several such places."""
    ordered = np.unique(scores)
    cuts = (ordered[1:] + ordered[:-1]) / 2
    right = np.array([np.sum((scores > cut) == machine) for cut in cuts])
    best = cuts[right == right.max()]
    return float(best[0] + best[-1]) / 2


def _length(texts: Sequence[str]) -> np.ndarray:
    """The shorter, the more like a machine's."""
    return -np.log([max(len(text), 1) for text in texts])


def _chain(folder: Path, answers: list[Imported], place: Path) -> dict[str, Any]:
    machine = _generated(folder, place)
    base = _json(folder / "base.json")
    known = {
        "human": [row["text"] for row in base if row["class"] == "old-summaries"],
        "machine": str(machine),
        "source": [row["text"] for row in base if row["class"] == "abstract"],
    }
    rows = [{"id": one.id, "text": one.text, "worker": one.worker} for one in answers]
    plain = wellhead.assay(rows, **known, adapt="off")
    _say("general detector", plain)
    adapted = wellhead.assay(rows, **known)
    _say("adapted", adapted)
    ordered = _beside_the_logs(rows, answers, known, adapted)
    found = adapted.adaptation
    if found is not None and found.control is not None:
        cut = found.control
        print(
            f"every text cut at {cut.characters} characters: {_shown(cut.share)}, of all "
            f"{_shown(cut.share, _rest(adapted))}, AUC {cut.auc:.3f}"
        )
    _at_cuts(adapted)
    print("told apart besides writing: " + ", ".join(f"{c.name} {c.auc:.2f}"
                                                     for c in found.confounds))  # fmt: skip
    report = place / "report"
    adapted.save(report)
    audited = wellhead.assay(rows, **known, labels=_audit(rows, answers, report, place))
    _say(f"adapted, with {AUDITED} labels by the logs", audited)
    return {
        name: {**result.to_dict(rows=0), "adaptation": None}
        for name, result in (("general", plain), ("adapted", adapted), ("audited", audited))
    } | {"adaptation": adapted.to_dict(rows=0)["adaptation"], "AUC by the logs": ordered}


def _beside_the_logs(
    rows: list[dict[str, str]],
    answers: list[Imported],
    known: dict[str, Any],
    adapted: wellhead.AssayResult,
) -> dict[str, float]:
    """How well each way orders the answers that copy no abstract, pasted ones above typed ones."""
    pasted = {one.id for one in answers if one.outcome in FOREIGN}
    copied = adapted.table["copied"].to_pylist()
    rest = [row for row, copy in zip(rows, copied, strict=True) if not copy]
    ways = {
        "words": wellhead.assay(rest, human=known["human"], machine=known["machine"]),
        "words and sources": adapted,
        "words, sources and length": wellhead.assay(rows, **known, tier="length"),
    }
    kept, found = {row["id"] for row in rest}, {}
    for name, result in ways.items():
        scores = dict(zip(*(result.table[c].to_pylist() for c in ("id", "score")), strict=True))
        typed, foreign = (
            np.array([scores[one] for one in sorted(kept) if (one in pasted) == side])
            for side in (False, True)
        )
        found[name] = Cluster("", "", typed, foreign).auc
        print(
            f"{name}: {len(foreign)} answers pasted from outside are above the {len(typed)} others "
            f"that copy no abstract with AUC {found[name]:.2f}"
        )
    return found


def _at_cuts(result: wellhead.AssayResult) -> None:
    """What the study reported: the part of the answers above a cut, as they are."""
    p = np.array(result.table["p_value"].to_pylist(), np.float64)
    parts = [f"{np.sum(p <= rate) / p.size:.0%} at {rate:.0%}" for rate in CUTS]
    print(
        f"flagged of all {p.size} answers, at a cut that flags a part of people: "
        f"{', '.join(parts)}; the study printed 33 % and 46 %"
    )


def _say(name: str, result: wellhead.AssayResult) -> None:
    documents = result.documents
    print(
        f"{name}: of {documents.evidence} answers that do not copy an abstract "
        f"{_shown(result.share)}; of all {_shown(result.share, _rest(result))}, where the study "
        f"printed 33 to 46 %; at least {result.at_least:.0%}; {documents.flagged} flagged"
    )


def _rest(result: wellhead.AssayResult) -> float:
    """The part of the answers that do not copy an abstract."""
    return result.documents.evidence / (result.documents.evidence + result.documents.copied)


def _shown(share: Interval, part: float = 1.0) -> str:
    low, point, high = (part * value for value in share[:3])
    return f"{point:.0%} ({low:.0%} to {high:.0%})"


def _generated(folder: Path, place: Path) -> Path:
    """The folder that `wellhead generate` writes from the published outputs."""
    task = place / "TASK.toml"
    task.write_text(TASK.format(file=json.dumps(str(folder / "abstracts_final.csv"))))
    out = place / "machine"
    os.environ.setdefault("OPENAI_API_KEY", "none needed")
    recipe = Recipe(n=320, models=("gpt-3.5-turbo",), styles=("plain",), temperatures=(0.7, 0.9))
    with _published(folder) as address:
        result = generate(read_task(task), recipe, Endpoint(address), out=out)
    for group in result.groups:
        print(f"generate: {group}")
    return out


@contextmanager
def _published(folder: Path) -> Iterator[str]:
    """An endpoint that answers each abstract with the study's outputs at that temperature."""
    outputs = _outputs(folder)
    lock = threading.Lock()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = asked["messages"][-1]["content"]
            with lock:
                text = next(
                    texts.pop()
                    for (abstract, warmth), texts in outputs.items()
                    if warmth == asked["temperature"] and abstract in said and texts
                )
            message = {"role": "assistant", "content": text}
            whole = {"id": "x", "object": "chat.completion", "created": 0, "model": "published"}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            body = json.dumps({**whole, "choices": [choice]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()


def _outputs(folder: Path) -> dict[tuple[str, float], list[str]]:
    """The published outputs by beginning of the abstract and temperature."""
    base = _json(folder / "base.json")
    abstracts = {row["HITId"]: row["text"] for row in base if row["class"] == "abstract"}
    with (folder / "abstracts_final.csv").open(encoding="utf-8", newline="") as stream:
        shown = [row["texts"].strip() for row in csv.DictReader(stream)]
    texts: dict[tuple[str, float], list[str]] = {}
    with (folder / "generated_outputs.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            key = " ".join(abstracts[row["HITId"]].split())[-80:]
            whole = next(one for one in shown if key in " ".join(one.split()))
            texts.setdefault((whole, float(row["temperature"])), []).append(row["text"])
    return texts


def _audit(
    rows: list[dict[str, str]], answers: list[Imported], report: Path, place: Path
) -> pa.Table:
    """Answers drawn by doubt, labelled by what their logs say."""
    outcome = {one.id: one.outcome for one in answers}
    audit = begin(place / "audit", rows, n=AUDITED, way="active", assay=report)
    for document in audit.documents:
        label = "machine" if outcome[document.id] in FOREIGN else "human"
        audit.give(Given("the logs", document.id, label, outcome[document.id]))
    labels = [row._asdict() for row in read_audit(audit).labels]
    print(
        f"audit: {len(labels)} labels, {sum(row['label'] == 'machine' for row in labels)} of them "
        "pasted from outside"
    )
    return pa.Table.from_pylist(labels)


def _json(path: Path) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


if __name__ == "__main__":
    main()
