"""What a human reference of a given size can promise: exact numbers, no simulation, no data.

With m known-human texts the smallest p-value is 1/(m+1). A cut at the nominal rate of 5 % is the
k-th highest reference score, k = 5 % of m+1; the share of all human texts above it is then a
Beta(k, m+1-k) variable over draws of the reference (Wilks 1941). Prints the table of
docs/references.md and writes it as JSON.
"""

from __future__ import annotations

from typing import NamedTuple

from scipy.stats import beta

from _harness import benchmark_arguments, save_json

RATE = 0.05
DISCOVERY = 0.10
SIZES = (30, 50, 100, 200, 500, 1000)


class Row(NamedTuple):
    """For one reference size, everything as a share between 0 and 1."""

    texts: int
    smallest_p: float
    rate_low: float
    rate_high: float
    least_flagged: float


def row(size: int) -> Row:
    """What `size` reference texts promise."""
    rank = max(1, int(RATE * (size + 1)))
    actual = beta(rank, size + 1 - rank)
    return Row(
        texts=size,
        smallest_p=1 / (size + 1),
        rate_low=float(actual.ppf(0.05)),
        rate_high=float(actual.ppf(0.95)),
        # Benjamini-Hochberg flags k of n documents only when the k-th p-value is <= rate * k / n.
        least_flagged=1 / (size + 1) / DISCOVERY,
    )


def main() -> None:
    parser = benchmark_arguments(__doc__)
    options = parser.parse_args()
    rows = [row(size) for size in SIZES]
    print(
        "texts  smallest p  real rate of a 5 % cut (90 % of references)  must stand out, FDR 10 %"
    )
    for one in rows:
        print(
            f"{one.texts:5d}  {one.smallest_p:10.4f}  {one.rate_low:6.1%} to {one.rate_high:5.1%}"
            f"{'':29}  {one.least_flagged:6.1%}"
        )
    save_json(options.json, rows)


if __name__ == "__main__":
    main()
