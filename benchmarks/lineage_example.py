"""From a study collected here to a signed export: the example of docs/lineage.md, run whole.

A study with pretended answers is collected, exported and weighed; what people typed is kept; a
small language model learns from it and the next one from its output; everything goes into a
store, is signed, verified and exported. ``--out FOLDER`` keeps the result. Every step is a command
that a user can give; each is printed with what it said.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from _harness import benchmark_arguments, save_json
from wellhead.collect.answers import settle
from wellhead.collect.demo import make_demo
from wellhead.collect.export import export_study

PLAN = """\
seeds = 1
generations = 2
regime = "replace"

[family]
name = "transformer"
corpus = "long.txt"
parameters = 0.01
vocabulary = 300
block = 16
prompt = 8
epochs = 1
batch = 16
rate = 0.01
output_blocks = 16
precision = "fp32"
"""
TYPED = "typed"
FACTS = """\
publisher = "Example Lab"
namespace = "https://lab.example/"
location = "https://lab.example/lineage.json"
country = "Austria"
purpose = "Research on recursive training."
purpose_code = "research"
"""


def command(folder: Path, *arguments: str, may_fail: bool = False) -> str:
    """Give one command in `folder`; what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "wellhead", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    print(f"$ wellhead {' '.join(arguments)}\n{done.stdout}", flush=True)
    if done.returncode and not may_fail:
        sys.exit(done.stderr)
    return done.stdout


def collected(folder: Path) -> int:
    """A study with its answers, exported: what was typed here, and everything else. How many."""
    host, _, _ = make_demo(folder / "study")
    (study,) = host.studies.values()
    settle(host.store, study, host.keys[study.id], now_ms=host.now_ms)
    export_study(host.store, study, "parquet", folder / "export")
    columns = ["id", "text", "outcome"]
    answers = pq.read_table(folder / "export" / "answers.parquet", columns=columns).to_pylist()
    typed = [row for row in answers if row["outcome"] == TYPED]
    for name, rows in (("typed", typed), ("other", [r for r in answers if r not in typed])):
        lines = [json.dumps({"id": row["id"], "text": row["text"]}) for row in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    return len(typed)


def run(folder: Path) -> dict[str, object]:
    """Every step; what verify says in the end."""
    typed = collected(folder)
    (folder / "plan.toml").write_text(PLAN)
    (folder / "facts.toml").write_text(FACTS)
    command(folder, "lineage", "init", "store")
    collect = ("--origin", "collected", "--licence", "CC0-1.0", "--language", "en")
    command(folder, "lineage", "add", "store", "typed.jsonl", "--writers", "people", *collect)
    command(folder, "lineage", "add", "store", "other.jsonl", "--writers", "unknown", *collect)
    rows = (folder / "typed.jsonl").read_text().splitlines()
    long = [row for row in rows if len(json.loads(row)["text"]) > 100]
    (folder / "long.jsonl").write_text("\n".join(long) + "\n")
    # The laboratory wants lines; the pretended answers are few and repeat.
    texts = [" ".join(json.loads(row)["text"].split()) for row in long]
    (folder / "long.txt").write_text("\n".join(texts * 20) + "\n")
    kept = ("long.jsonl", "--parent", "typed", "--step", "filter: over 100 characters")
    command(folder, "lineage", "derive", "store", *kept)
    command(folder, "lineage", "reserve", "store", "--share", "20%")
    command(folder, "collapse", "run", "plan.toml", "--out", "run")
    command(folder, "lineage", "record", "store", "run", "--parent", "long")
    command(folder, "lineage", "sign", "store", "--new-key", "key.pem", "--out", "head.json")
    command(folder, "lineage", "show", "store", "--out", "tree.html")
    checked = ("--head", "head.json", "--key", "key.pem.pub", "--json")
    found = json.loads(command(folder, "lineage", "verify", "store", *checked))
    tips = command(folder, "lineage", "show", "store", "--json")
    newest = json.loads(tips)["members"][-1]["name"]
    for format, name in (("croissant", "croissant.json"), ("cyclonedx", "bom.json")):
        command(folder, "lineage", "export", "store", newest, "--format", format, "--out", name)
    for format, name in (("oasis", "oasis.json"), ("eu", "eu.md"), ("huggingface", "README.md")):
        wanted = (newest, "--format", format, "--facts", "facts.toml")
        command(folder, "lineage", "export", "store", *wanted, "--out", f"out/{name}")
    command(folder, "lineage", "sign", "--folder", "out", "--new-key", "f.pem", "--out", "out.sig")
    signed = ("--folder", "out", "--signature", "out.sig", "--key", "f.pem.pub")
    command(folder, "lineage", "verify", *signed)
    return {
        "typed": typed,
        "newest": newest,
        **{k: found[k] for k in ("intact", "depth", "manifests")},
    }


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--out", type=Path, help="a new folder that keeps the result")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wellhead-") as scratch:
        folder = options.out or Path(scratch)
        folder.mkdir(exist_ok=True)
        found = run(folder)
    print(json.dumps(found))
    save_json(options.json, found)


if __name__ == "__main__":
    main()
