"""A plan carried by Ray Data to a pool of actors, held against the same rule on one machine.

Documents are the demo's, numbered; the plan is made on one machine, Ray judges them in two actors.
Needs the extra ``demo`` and, from no extra of ours as it is large, ``pip install "ray[data]"``.

    python benchmarks/curate_ray.py [--documents 20000] [--json FILE]
"""

from __future__ import annotations

import sys
import tempfile
import time

import numpy as np

import wellhead
from _harness import benchmark_arguments, save_json
from wellhead.curation.rule import Judge
from wellhead.demo import load_demo
from wellhead.engines.ray import CurationActor


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    arguments = parser.parse_args()
    try:
        import ray
    except ImportError:
        sys.exit("Ray is missing: pip install 'ray[data]'")
    demo = load_demo(share=0.3, documents=400, seed=0)
    texts = [row.text for row in demo.corpus]
    with tempfile.TemporaryDirectory(prefix="wellhead-") as folder:
        assay = wellhead.assay(texts, human=[row.text for row in demo.human])
        wellhead.curate(texts, assay=assay, policy="budget", dial=0.7, out=folder)
        many = [f"{texts[n % len(texts)]} ({n})" for n in range(arguments.documents)]
        start = time.perf_counter()
        weights = Judge(folder)(many).weight
        alone = time.perf_counter() - start
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        start = time.perf_counter()
        made = ray.data.from_items([{"n": n, "text": text} for n, text in enumerate(many)])
        rows = made.map_batches(
            CurationActor,
            fn_constructor_kwargs={"rule": folder},
            compute=ray.data.ActorPoolStrategy(size=2),
            batch_size=1024,
        ).take_all()
        pooled = time.perf_counter() - start
        found = np.array([row["curation_weight"] for row in sorted(rows, key=lambda row: row["n"])])
    same = bool((found == weights).all())
    print(f"{ray.__version__}: {len(many):,} documents, {(found == 0).sum():,} dropped")
    print(f"equal to one machine: {same}; {alone:.1f} s alone, {pooled:.1f} s with start of Ray")
    save_json(arguments.json, {"same": same, "alone": alone, "pooled": pooled})
    if not same:
        sys.exit("the pool decided otherwise")


if __name__ == "__main__":
    main()
