"""Every closed form of recursive training beside a simulation of the same thing.

Prints a table (formula, simulated mean, its standard error, the difference in standard errors)
and writes it as JSON. Simulations draw sufficient statistics where those are exact and every
sample where they are not; none of them calls the code it is compared with.

    python benchmarks/collapse_theory.py [--chains 40000] [--seed 1] [--json FILE]

With the WikiText-2 training text (``wikitext2/train.txt`` under WELLHEAD_DATA or ../shared/data)
also what counts alone foretell about the vocabulary of later generations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import special

from _harness import DATA, benchmark_arguments, save_json
from wellhead.recursion.forecast import count_words, forecast
from wellhead.recursion.theory import discrete, gaussian_mixes, gaussian_pools, kernel, regression
from wellhead.recursion.theory.detector import Detector
from wellhead.recursion.theory.gaussian_replace import Replace


class Row(NamedTuple):
    """One quantity of one setting."""

    setting: str
    quantity: str
    formula: float
    simulated: float
    error: float

    @property
    def z(self) -> float:
        return (self.simulated - self.formula) / self.error


class Chains(NamedTuple):
    """Means and variances of many chains."""

    mean: np.ndarray
    variance: np.ndarray


def row(setting: str, quantity: str, formula: float, values: np.ndarray) -> Row:
    error = float(values.std(ddof=1) / np.sqrt(len(values)))
    return Row(setting, quantity, float(formula), float(values.mean()), error)


def replaced(rng: np.random.Generator, count: int, sizes: list[int], ddof: int) -> Chains:
    mean, variance = np.zeros(count), np.ones(count)
    for m in sizes:
        mean = mean + np.sqrt(variance / m) * rng.standard_normal(count)
        variance = variance * rng.chisquare(m - 1, count) / (m - ddof)
    return Chains(mean, variance)


def replacing(rng: np.random.Generator, count: int) -> Iterator[Row]:
    for m, n, ddof in [(20, 15, 0), (20, 15, 1), (100, 100, 0), (100, 100, 1)]:
        chains, theory = replaced(rng, count, [m] * n, ddof), Replace(samples=m, ddof=ddof)
        setting = f"replace M={m} n={n} ddof={ddof}"
        distance = chains.mean**2 + (np.sqrt(chains.variance) - 1) ** 2
        logs = np.log(chains.variance)
        for quantity, values, formula in [
            ("E s^2", chains.variance, theory.variance(n)),
            ("E s", np.sqrt(chains.variance), theory.standard_deviation(n)),
            ("E mu^2", chains.mean**2, theory.mean_square_error(n)),
            ("E W2^2", distance, theory.wasserstein2_squared(n)),
            ("E log s^2", logs, theory.log_variance(n)),
            ("var log s^2", (logs - logs.mean()) ** 2, theory.log_variance_sd(n) ** 2),
        ]:
            yield row(setting, quantity, formula, values)
    chains = replaced(rng, count, [10 * 2**i for i in range(6)], 0)
    growing = Replace(samples=[10 * 2**i for i in range(6)]).variance(6)
    yield row("replace M=10·2^i n=6", "E s^2", growing, chains.variance)
    for n in (50, 100):
        alive = np.sqrt(replaced(rng, count, [10] * n, 1).variance) > 0.1
        overlay = Replace(samples=10, ddof=1).exceedance(n, limit=0.1)
        yield row(f"replace M=10 n={n} ddof=1", "P(s > 0.1), overlay", overlay, alive)


def pooling(rng: np.random.Generator, count: int) -> Iterator[Row]:
    for m, n, subsample, ddof in [(5, 30, False, 0), (5, 30, False, 1), (10, 5, True, 0)]:
        part = min(count, 8_000)
        pool = rng.standard_normal((part, m))
        for fit in range(1, n + 1):
            seen = pool
            if subsample:
                seen = np.take_along_axis(pool, rng.random(pool.shape).argsort(1)[:, :m], 1)
            mean, spread = seen.mean(1, keepdims=True), seen.std(1, ddof=ddof, keepdims=True)
            if fit < n:
                pool = np.hstack([pool, rng.normal(mean, spread, (part, m))])
        regime = gaussian_pools.AccumulateSubsample if subsample else gaussian_pools.Accumulate
        name = "accumulate-subsample" if subsample else "accumulate"
        setting, theory = f"{name} M={m} n={n} ddof={ddof}", regime(samples=m, ddof=ddof)
        yield row(setting, "E s^2", theory.variance(n), spread[:, 0] ** 2)
        yield row(setting, "E mu^2", theory.mean_square_error(n), mean[:, 0] ** 2)
        if isinstance(theory, gaussian_pools.Accumulate):
            formula = theory.standard_deviation(n)
            yield row(setting, "E s", formula, spread[:, 0])


def mixing(rng: np.random.Generator, count: int) -> Iterator[Row]:
    share = Detector(0.9, 0.05).effective_share(0.1)
    cases = [("fresh a=.1", 0.1, False), ("detector .9/.05, a=.1", share, True)]
    for name, a, independent in cases:
        chains = Chains(np.zeros(count), np.ones(count))
        for _ in range(100):
            real = rng.binomial(100, a, count) if independent else np.full(count, round(100 * a))
            chains = blended(rng, chains, real, 100)
        limit = gaussian_mixes.FreshReal(samples=100, real_share=a, independent=independent).limit
        yield row(f"{name} M=100 n=100", "E s^2", limit.variance, chains.variance)
        yield row(f"{name} M=100 n=100", "E mu^2", limit.mean_square_error, chains.mean**2)


def blended(rng: np.random.Generator, chains: Chains, real: np.ndarray, m: int) -> Chains:
    """One fit to `real` real and m - `real` synthetic samples, by their sums alone."""
    made, count = m - real, len(real)
    ours = rng.standard_normal(count) / np.sqrt(np.maximum(real, 1)) * (real > 0)
    noise = np.sqrt(chains.variance / np.maximum(made, 1)) * rng.standard_normal(count)
    theirs = chains.mean + noise * (made > 0)
    scatter = rng.chisquare(np.maximum(real - 1, 1)) * (real > 1)
    scatter = scatter + chains.variance * rng.chisquare(np.maximum(made - 1, 1)) * (made > 1)
    between = real * made / m * (ours - theirs) ** 2 * ((real > 0) & (made > 0))
    return Chains((real * ours + made * theirs) / m, (scatter + between) / m)


def regressing(rng: np.random.Generator, count: int) -> Iterator[Row]:
    part, d, t, n = min(count, 3_000), 5, 30, 20
    weights, gram, moments = np.zeros((part, d)), np.zeros((part, d, d)), np.zeros((part, d))
    for pooled in (False, True):
        weights[:] = gram[:] = moments[:] = 0
        for _ in range(n):
            x = rng.standard_normal((part, t, d))
            y = np.einsum("cij,cj->ci", x, weights) + rng.standard_normal((part, t))
            if not pooled:
                gram[:], moments[:] = 0, 0
            gram += np.einsum("cij,cik->cjk", x, x)
            moments += np.einsum("cij,ci->cj", x, y)
            weights = np.linalg.solve(gram, moments[..., None])[..., 0]
        regime = regression.Accumulate if pooled else regression.Replace
        name = "accumulate" if pooled else "replace"
        formula = regime(samples=t, dimensions=d).excess_risk(n)
        setting = f"regression, {name}, fresh X, d=5 T=30 n=20"
        yield row(setting, "E|w|^2", formula, (weights**2).sum(1))


def symbols(rng: np.random.Generator, count: int) -> Iterator[Row]:
    uniform, zipf, part = np.full(10, 0.1), discrete.zipf_mandelbrot(1000), min(count, 400)
    seen = drawn(rng, uniform, 100, 20, min(count, 8_000))
    theory = discrete.Replace(probabilities=uniform, samples=100)
    diversity = theory.heterozygosity(20)
    yield row("uniform K=10 M=100 n=20", "heterozygosity", diversity, 1 - (seen**2).sum(1))
    left = theory.surviving_exact(20)
    yield row("uniform K=10 M=100 n=20", "survivors, exact", left, (seen > 0).sum(1))
    for n in (1, 5, 20, 50):
        seen, setting = drawn(rng, zipf, 1000, n, part), f"Zipf-Mandelbrot K=1000 M=1000 n={n}"
        left = discrete.Replace(probabilities=zipf, samples=1000).surviving_exact(n)
        yield row(setting, "survivors, exact", left, (seen > 0).sum(1))
    seen = drawn(rng, zipf, 1000, 100, part, real_share=0.1)
    fresh = discrete.FreshReal(probabilities=zipf, samples=1000, real_share=0.1)
    left = fresh.surviving_symbols(100)
    yield row("same, fresh a=.1 n=100", "survivors, branching", left, (seen > 0).sum(1))
    yield row("K=10 M=100", "generations to collapse", *collapsing(rng, 10, 100, part))


def drawn(
    rng: np.random.Generator,
    p: np.ndarray,
    m: int,
    n: int,
    count: int,
    real_share: float = 0.0,
) -> np.ndarray:
    now = np.tile(p, (count, 1))
    for _ in range(n):
        now = rng.multinomial(m, real_share * p + (1 - real_share) * now) / m
    return now


def collapsing(rng: np.random.Generator, k: int, m: int, count: int) -> tuple[float, np.ndarray]:
    now, times = np.full((count, k), 1 / k), np.zeros(count)
    while len(alive := np.flatnonzero(now.max(1) < 1)):
        now[alive] = rng.multinomial(m, now[alive]) / m
        times[alive] += 1
    return discrete.Replace(probabilities=np.full(k, 1 / k), samples=m).collapse_time, times


def smoothing(rng: np.random.Generator, count: int) -> Iterator[Row]:
    part, m, h, n = min(count, 4_000), 15, 0.3, 30
    sample = rng.standard_normal((part, m))
    for _ in range(n - 1):
        sample = np.take_along_axis(sample, rng.integers(m, size=(part, m)), 1)
        sample = sample + h * rng.standard_normal((part, m))
    formula = kernel.Replace(samples=m, bandwidth=h).sample_variance(n)
    yield row(f"kernel density M={m} h={h} n={n}", "E variance", formula, sample.var(1))


def tail_trap(rng: np.random.Generator, count: int) -> dict[str, float]:
    """The mass beyond 2 standard deviations: its mean over chains, and what a typical chain has."""
    mean, variance = replaced(rng, count, [50] * 40, 0)
    spread = np.sqrt(variance)
    mass = special.ndtr((-2 - mean) / spread) + special.ndtr((mean - 2) / spread)
    truth = 2 * float(special.ndtr(-2))
    found = {"truth": truth, "mean": float(mass.mean()), "median": float(np.median(mass))}
    print(
        f"\nMass beyond 2, M=50 n=40: truth {truth:.4f}, mean over chains {found['mean']:.4f}, "
        f"median {found['median']:.2g}"
    )
    return found


def vocabulary() -> list[dict[str, object]]:
    """What counts alone foretell for WikiText-2; nothing where the text is missing."""
    text = DATA / "wikitext2" / "train.txt"
    if not text.is_file():
        print("\nWikiText-2 not found (wikitext2/train.txt under WELLHEAD_DATA): part left out.")
        return []
    counts = count_words(str(text), rule="spaces")
    print(f"\nWikiText-2, {counts.tokens:,} words, {counts.types:,} distinct: share left")
    found: list[dict[str, object]] = []
    for regime, share in [
        ("replace", None),
        ("fresh-real", 0.1),
        ("fixed-original", 0.1),
        ("accumulate-subsample", None),
    ]:
        told = forecast(counts=counts, regime=regime, real_share=share).vocabulary
        assert told is not None
        left = {g.generation: round(g.words.point, 4) for g in told.generations}
        print(f"  {regime:22}" + "  ".join(f"{k}: {left[k]:.3f}" for k in (1, 2, 3, 5, 10)))
        found.append({"regime": regime, "real_share": share, "left": left})
    return found


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--chains", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    parts = (replacing, pooling, mixing, regressing, symbols, smoothing)
    rows = [one for part in parts for one in part(rng, options.chains)]
    print(f"{'setting':48}{'quantity':26}{'formula':>11}{'simulated':>22}{'z':>7}")
    for one in rows:
        beside = f"{one.simulated:.5g} ± {one.error:.2g}"
        print(f"{one.setting:48}{one.quantity:26}{one.formula:>11.5g}{beside:>22}{one.z:>7.1f}")
    known = [{**one._asdict(), "z": one.z} for one in rows]
    tail, left = tail_trap(rng, options.chains), vocabulary()
    record = {"chains": options.chains, "seed": options.seed, "rows": known}
    record |= {"tail": tail, "words": left}
    save_json(options.json, record)


if __name__ == "__main__":
    main()
