"""From a study collected here to a signed export: the page docs/lineage-example.md, run whole.

Pretended writers type paragraphs of State of the Union addresses into a study, and others paste:
their own paragraphs, or those of a small language model. What was typed is the human reference of
an assay of what was pasted; the rest is curated by it; two generations of a small language model
learn from what was typed; everything is recorded, signed, verified and exported. Every step is a
command that a user can give. ``--out FOLDER`` keeps the result, ``--page FILE`` writes the page.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from _harness import benchmark_arguments, save_json
from wellhead._atomic import write_text
from wellhead.collect.demo import Play, make_demo
from wellhead.collect.rehearsal import SimulatedWriter
from wellhead.demo import load_demo

TYPED, PASTED, MACHINE = 80, 100, 0.4
TYPED_HERE = "outcome in ('typed', 'typed_with_assist')"
PLAN = """\
seeds = 1
generations = 2
regime = "replace"

[family]
name = "transformer"
corpus = "typed.txt"
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
FACTS = """\
publisher = "Example Lab"
namespace = "https://lab.example/"
location = "https://lab.example/lineage.json"
country = "Austria"
purpose = "Research on recursive training."
purpose_code = "research"

[eu]
models = ["tiny-1.0"]
tokens = 30000
signatory = false
"""
STEPS = (
    (
        "The study's answers become originals: what was typed counts as written by people, and "
        "what was pasted as written by nobody knows whom. The signed heads of the recordings vouch "
        "for both.",
        (
            "lineage init store",
            "collect export study/demo/STUDY.toml --out export --lineage store --licence CC0-1.0",
        ),
    ),
    (
        "How much of what was pasted did machines write? What was typed is the reference.",
        (
            f'assay export/answers.parquet --where "not ({TYPED_HERE})" --human '
            f'export/answers.parquet --human-where "{TYPED_HERE}" --out report',
        ),
    ),
    (
        "What to keep of it, and what that costs. The curated corpus is recorded with the human "
        "share that it has now.",
        (
            f'curate export/answers.parquet --where "not ({TYPED_HERE})" --assay report '
            "--policy fdr --apply --out curated",
            "lineage record store curated --parent demo-other",
        ),
    ),
    (
        "A part of what people wrote is set aside. No later mix may lack it.",
        ("lineage reserve store --share 20%",),
    ),
    (
        "A small language model learns from what was typed, and the next one from its output.",
        (
            "collapse run plan.toml --out run",
            "lineage record store run --parent demo-typed",
        ),
    ),
    (
        "The log is signed, the head kept elsewhere, and everything held against it.",
        (
            "lineage sign store --new-key key.pem --out head.json",
            "lineage verify store --head head.json --key key.pem.pub",
            "lineage show store --out tree.html",
        ),
    ),
    (
        "The last generation is described for others, and the folder of descriptions is signed.",
        (
            "lineage export store 000-replace-00-generation-2 --format croissant "
            "--out out/croissant.json",
            "lineage export store 000-replace-00-generation-2 --format cyclonedx "
            "--out out/bom.json",
            "lineage export store 000-replace-00-generation-2 --format oasis --facts facts.toml "
            "--out out/oasis.json",
            "lineage export store 000-replace-00-generation-2 --format huggingface "
            "--facts facts.toml --out out/README.md",
            "lineage export store 000-replace-00-generation-2 --format eu --facts facts.toml "
            "--out out/eu.md",
            "lineage sign --folder out --new-key folder.pem --out out.sig",
            "lineage verify --folder out --signature out.sig --key folder.pem.pub",
        ),
    ),
)
_INTRO = """\
# From a study to a signed export

`benchmarks/lineage_example.py --page docs/lineage-example.md` wrote this page; the tests run it.
The study is pretended: a program typed {typed} answers and pasted {pasted}, {machines} of them by a
small language model. The texts are the demo's. Hashes and times are left out.
"""
_HASH = re.compile(r"\b[0-9a-f]{40,64}\b|\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def collected(folder: Path) -> int:
    """A study with its answers; how many of the pasted ones a machine wrote."""
    demo = load_demo(share=MACHINE, documents=PASTED, human_references=TYPED)
    plays = [_typed(row.text) for row in demo.human] + [_pasted(row.text) for row in demo.corpus]
    make_demo(folder / "study", plays)
    return sum(row.truth == "machine" for row in demo.corpus)


def _typed(text: str) -> Play:
    return lambda pen, _: pen.type(text)


def _pasted(text: str) -> Play:
    def play(pen: SimulatedWriter, task: str) -> None:
        pen.leave(40)
        pen.paste(text)

    return play


def _corpus(folder: Path) -> None:
    """What was typed, as the lines that the laboratory learns from."""
    table = pq.read_table(folder / "export" / "answers.parquet", columns=["text", "outcome"])
    typed = [row["text"] for row in table.to_pylist() if row["outcome"] == "typed"]
    (folder / "typed.txt").write_text("\n".join(" ".join(text.split()) for text in typed) + "\n")


def command(folder: Path, line: str) -> str:
    """Give one command in `folder`; what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "wellhead", *shlex.split(line)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "96", "NO_COLOR": "1"},
    )
    if done.returncode:
        sys.exit(f"$ wellhead {line}\n{done.stdout}{done.stderr}")
    return done.stdout


def run(folder: Path, told: Callable[[str], None]) -> dict[str, object]:
    """Every step; what verify says in the end."""
    machines = collected(folder)
    (folder / "plan.toml").write_text(PLAN)
    (folder / "facts.toml").write_text(FACTS)
    told(_INTRO.format(typed=TYPED, pasted=PASTED, machines=machines))
    for words, lines in STEPS:
        if any("collapse run" in line for line in lines):
            _corpus(folder)
        said = "\n".join(f"$ wellhead {line}\n{command(folder, line).strip()}" for line in lines)
        shown = _HASH.sub("…", said.replace(str(folder), "."))
        told(f"{textwrap.fill(words, 100)}\n\n```console\n{shown}\n```\n")
    checked = "lineage verify store --head head.json --key key.pem.pub --json"
    found = json.loads(command(folder, checked))
    return {"machines": machines, **{k: found[k] for k in ("intact", "depth", "manifests")}}


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--out", type=Path, help="a new folder that keeps the result")
    parser.add_argument("--page", type=Path, help="write what happened as Markdown")
    options = parser.parse_args()
    parts: list[str] = []

    def told(part: str) -> None:
        parts.append(part)
        print(part, flush=True)

    with tempfile.TemporaryDirectory(prefix="wellhead-") as scratch:
        folder = options.out or Path(scratch)
        folder.mkdir(exist_ok=True)
        found = run(folder, told)
    if options.page:
        write_text(options.page, "\n".join(parts))
    print(json.dumps(found))
    save_json(options.json, found)


if __name__ == "__main__":
    main()
