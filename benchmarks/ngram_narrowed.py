"""What a generation of n-grams costs when it is drawn by top-p, top-k or a temperature.

A generation counts the n-grams of a text and draws as many words as it learned from. The first row
draws from the law itself. `literal` is the peer: numpy works out the whole law after each context,
sorts it, cuts it and draws, as a textbook does it; it is timed on a few words and carried on to the
whole text. Seconds are those of one thread's processor, the least of some runs.

    python benchmarks/ngram_narrowed.py [--words 1000000] [--json FILE]
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from _harness import benchmark_arguments, markdown_table, save_json
from wellhead.recursion.families.documents import Documents
from wellhead.recursion.families.ngram import NGram
from wellhead.recursion.family import Fitting
from wellhead.recursion.samplers import Sampler, Temperature, TopK, TopP, Unbiased

SAMPLERS: dict[str, Sampler] = {
    "the law itself": Unbiased(),
    "top-p 0.95": TopP(p=0.95),
    "top-p 0.9": TopP(p=0.9),
    "top-p 0.5": TopP(p=0.5),
    "top-k 50": TopK(k=50),
    "temperature 0.7": Temperature(temperature=0.7),
}
LITERAL = 100  # words


def seconds(work: Callable[[], object], runs: int = 3) -> float:
    work()
    taken = []
    for _ in range(runs):
        began = time.thread_time()
        work()
        taken.append(time.thread_time() - began)
    return min(taken)


def literal(family: NGram, text: Documents, vocabulary: int, mass: float) -> float:
    """Seconds for each word when the law is sorted anew for each (top-p alone)."""
    model = family.fit(text, Fitting(np.random.default_rng(0)))
    rng = np.random.default_rng(1)
    candidates = np.arange(vocabulary, dtype=np.int32)
    context = np.empty(0, np.int32)

    def draw() -> None:
        nonlocal context
        for _ in range(LITERAL):
            words = np.empty((vocabulary, len(context) + 1), np.int32)
            words[:, :-1], words[:, -1] = context, candidates
            ends = np.arange(1, vocabulary + 1) * words.shape[1]
            scores = family.score(model, Documents(words.ravel(), ends))
            law = np.exp(scores.reshape(words.shape)[:, -1])
            order = np.argsort(-law)
            before = np.cumsum(law[order]) - law[order]
            kept = order[before < mass]
            word = rng.choice(kept, p=law[kept] / law[kept].sum())
            history = [*context.tolist(), int(word)][-(family.order - 1) :]
            context = np.array([] if word == 0 else history, np.int32)

    return seconds(draw, 1) / LITERAL


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--words", type=int, default=1_000_000)
    options = parser.parse_args()
    rows = []
    for order in (2, 3):
        family = NGram(order=order)
        corpus = family.real_text()
        text = corpus.training.first(min(options.words, corpus.training.size))
        context = Fitting(np.random.default_rng(0))
        model = family.fit(text, context)
        counting = seconds(lambda f=family, t=text, c=context: f.fit(t, c))
        plain = alone = 0.0
        for name, sampler in SAMPLERS.items():
            drawing = seconds(
                lambda f=family, s=sampler, m=model, t=text: f.sample(
                    m, t.size, s, np.random.default_rng(2)
                )
            )
            plain, alone = plain or counting + drawing, alone or drawing
            rows.append(
                {
                    "order": order,
                    "sampler": name,
                    "words": text.size,
                    "drawing": drawing,
                    "drawing alone": drawing / alone,
                    "generation": counting + drawing,
                    "times": (counting + drawing) / plain,
                }
            )
        word = literal(family, text, len(corpus.vocabulary), 0.9)
        print(f"order {order}: literal top-p 0.9 {word * text.size:.0f} s a generation")
        rows.append({"order": order, "sampler": "literal top-p 0.9", "drawing": word * text.size})
    columns = (
        "order",
        "sampler",
        ">drawing, s",
        ">times",
        ">generation, s",
        ">times the law itself",
    )
    print(
        markdown_table(
            columns,
            [
                (
                    r["order"],
                    r["sampler"],
                    *(f"{r[k]:.2f}" for k in ("drawing", "drawing alone", "generation", "times")),
                )
                for r in rows
                if "times" in r
            ],
        )
    )
    save_json(options.json, {"rows": rows})


if __name__ == "__main__":
    main()
