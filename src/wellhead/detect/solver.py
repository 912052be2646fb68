"""Logistic regression with an L2 penalty on large sparse rows of scaled features.

Dual coordinate descent (Yu, Huang and Lin, Machine Learning 85, 2011): each row has one dual
variable, and a visit solves its one-dimensional problem exactly. The matrix is read where it lies,
in single precision, so that a hundred thousand texts take a gigabyte and a minute; scikit-learn's
liblinear solves the same problem from copies four times as large. Rows are visited in orders drawn
from the seed. `solve_rows` solves it from counts that may lie in a file, without any matrix.
"""

# Array types are numba's business here.
# mypy: disable-error-code="no-untyped-def"
# mypy: disallow-untyped-decorators=false

from __future__ import annotations

from math import log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from wellhead.detect.jit import compiled

__all__ = [
    "Rows",
    "Solution",
    "Worth",
    "counted",
    "rows_with",
    "scaled_rows",
    "solve",
    "solve_rows",
    "summed",
]

_PASSES = 60
_TOLERANCE = 0.02  # of a log-odds, at every row


class Solution(NamedTuple):
    """A separating plane.

    Attributes:
        weight: one weight for each column.
        intercept: penalised like a weight, as liblinear does.
    """

    weight: NDArray[np.float64]
    intercept: float


def solve(
    matrix: csr_matrix, positive: NDArray[np.bool_], cost: NDArray[np.float64], *, seed: int = 0
) -> Solution:
    """The plane that minimises ``|w|²/2 + b²/2 + Σ costᵢ log(1 + exp(-yᵢ(w·xᵢ + b)))``.

    Args:
        matrix: float32 rows.
        positive: rows with y = 1; the others have y = -1.
        cost: how dear an error of each row is, above zero.
        seed: orders in which rows are visited.

    >>> rows = csr_matrix(np.array([[1.0], [2.0], [-1.0]], np.float32))
    >>> found = solve(rows, np.array([True, True, False]), np.ones(3))
    >>> bool(found.weight[0] > 0.5)
    True
    """
    sign = np.where(positive, 1.0, -1.0)
    dual = np.minimum(0.001 * cost, 1e-8)
    weight, bias = np.zeros(matrix.shape[1]), np.zeros(1)
    start = matrix.indptr.astype(np.int64)
    square = np.ones(len(sign))
    rows = (start, matrix.indices, matrix.data)
    _begin(*rows, sign, dual, square, weight, bias)
    rng = np.random.default_rng(seed)
    for _ in range(_PASSES):
        order = rng.permutation(len(sign))
        if _visit(*rows, sign, cost, square, order, dual, weight, bias) < _TOLERANCE:
            break
    return Solution(weight, float(bias[0]))


class Worth(NamedTuple):
    """What the count of a feature is worth before a row is scaled.

    Attributes:
        damped: of each count, single precision; the last is that of all larger ones.
        idf: of each feature of a model.
        block: its kind of n-gram, from 0 to 2; a row's vector of each kind has length 1.
    """

    damped: NDArray[np.float32]
    idf: NDArray[np.float32]
    block: NDArray[np.int8]


class Rows(NamedTuple):
    """Rows of counts, of which some features are used.

    Attributes:
        start: where each row begins, and the end of all.
        feature: which features each row has.
        times: how often.
        chosen: the rows that are meant, in this order.
        known: of each feature its place in the model, or -1.
        worth: of the model's features.
    """

    start: NDArray[np.int64]
    feature: NDArray[np.int32]
    times: NDArray[np.uint16]
    chosen: NDArray[np.intp]
    known: NDArray[np.int32]
    worth: Worth


def solve_rows(
    rows: Rows,
    positive: NDArray[np.bool_],
    cost: NDArray[np.float64],
    *,
    seed: int = 0,
    block: int = 1 << 17,
) -> Solution:
    """`solve` for rows that may be too many for memory: only 40 bytes of each are held.

    Rows are visited block after block, so many in a block, and at random within it: with one block
    the solution is that of `solve` to the last bit.
    """
    sign = np.where(positive, 1.0, -1.0)
    dual = np.minimum(0.001 * cost, 1e-8)
    longest = int(np.diff(rows.start).max(initial=0))
    scratch = np.empty(longest, np.int32), np.empty(longest, np.float32)
    weight, bias = np.zeros(len(rows.worth.idf)), np.zeros(1)
    norm, square = np.empty((len(sign), 3)), np.ones(len(sign))
    where, worth = rows[:5], rows.worth
    _begin_rows(*where, *worth, *scratch, norm, sign, dual, square, weight, bias)
    rng = np.random.default_rng(seed)
    for _ in range(_PASSES):
        starts = range(0, len(sign), block)
        sizes = [min(block, len(sign) - at) for at in starts]
        orders = [at + rng.permutation(size) for at, size in zip(starts, sizes, strict=True)]
        state = (norm, sign, cost, square, np.concatenate(orders), dual, weight, bias)
        if _visit_rows(*where, *worth, *scratch, *state) < _TOLERANCE:
            break
    return Solution(weight, float(bias[0]))


@compiled
def _begin(start, column, value, sign, dual, square, weight, bias):
    for row in range(len(sign)):
        change = sign[row] * dual[row]
        for at in range(start[row], start[row + 1]):
            square[row] += value[at] * value[at]
            weight[column[at]] += change * value[at]
        bias[0] += change


@compiled
def _optimum(square, slope, most, before):
    """The dual variable that is best for one row while all others stay."""
    now = before
    for _ in range(50):  # Newton, kept inside (0, most)
        gradient = square * (now - before) + slope + log(now / (most - now))
        if abs(gradient) < 1e-6:
            break
        step = now - gradient / (square + most / (now * (most - now)))
        if step <= 0:
            now *= 0.1
        elif step >= most:
            now = most - (most - now) * 0.1
        else:
            now = step
    return now


@compiled
def _visit(start, column, value, sign, cost, square, order, dual, weight, bias):
    """One visit to each row; returns how far from its optimum the worst one was."""
    worst = 0.0
    for row in order:
        margin = bias[0]
        for at in range(start[row], start[row + 1]):
            margin += value[at] * weight[column[at]]
        slope, most, before = sign[row] * margin, cost[row], dual[row]
        worst = max(worst, abs(slope + log(before / (most - before))))
        now = _optimum(square[row], slope, most, before)
        change = sign[row] * (now - before)
        dual[row] = now
        bias[0] += change
        for at in range(start[row], start[row + 1]):
            weight[column[at]] += change * value[at]
    return worst


@compiled
def _begin_rows(
    start, feature, times, chosen, known, damped, idf, block_of,
    features, values, norm, sign, dual, square, weight, bias,
):  # fmt: skip
    """`_begin`, and how long the unscaled vector of each kind is in each row."""
    lengths = np.zeros(3)
    for at in range(len(chosen)):
        size = _unscaled(start, feature, times, chosen[at], known, damped, idf, features, values)
        lengths[:] = 0.0
        for one in range(size):
            lengths[block_of[features[one]]] += values[one] * values[one]
        for kind in range(3):
            norm[at, kind] = sqrt(lengths[kind])
        change = sign[at] * dual[at]
        for one in range(size):
            value = np.float32(values[one] / norm[at, block_of[features[one]]])
            square[at] += value * value
            weight[features[one]] += change * value
        bias[0] += change


@compiled
def _visit_rows(
    start, feature, times, chosen, known, damped, idf, block_of,
    features, values, norm, sign, cost, square, order, dual, weight, bias,
):  # fmt: skip
    """`_visit`, where the values of a row are made when it is visited."""
    worst = 0.0
    for at in order:
        size = _unscaled(start, feature, times, chosen[at], known, damped, idf, features, values)
        margin = bias[0]
        for one in range(size):
            values[one] = np.float32(values[one] / norm[at, block_of[features[one]]])
            margin += values[one] * weight[features[one]]
        slope, most, before = sign[at] * margin, cost[at], dual[at]
        worst = max(worst, abs(slope + log(before / (most - before))))
        now = _optimum(square[at], slope, most, before)
        change = sign[at] * (now - before)
        dual[at] = now
        bias[0] += change
        for one in range(size):
            weight[features[one]] += change * values[one]
    return worst


@compiled
def _unscaled(start, feature, times, row, known, damped, idf, features, values):
    """Known features of a row and what they are worth, into `features` and `values`: how many."""
    size, last = 0, len(damped) - 1
    for at in range(start[row], start[row + 1]):
        place = known[feature[at]]
        if place >= 0:
            features[size] = place
            values[size] = damped[min(times[at], last)] * idf[place]
            size += 1
    return size


@compiled
def rows_with(start, feature, chosen, found):
    """Add to `found` how many of the `chosen` rows have each feature."""
    for row in chosen:
        for at in range(start[row], start[row + 1]):
            found[feature[at]] += 1


@compiled
def scaled_rows(start, column, damped, feature_of, block_of, idf):
    """Rows of `column` and `damped` counts as scaled values of known features, and their starts.

    `wellhead.detect.linear.LinearModel.vectors` says the same for a few rows, in plain numpy.
    """
    kept = 0
    for at in range(len(column)):
        kept += feature_of[column[at]] >= 0
    value = np.empty(kept, np.float32)
    feature = np.empty(kept, np.int32)
    begin = np.zeros(len(start), np.int64)
    square = np.zeros(3)
    made = 0
    for row in range(len(start) - 1):
        square[:] = 0.0
        for at in range(start[row], start[row + 1]):
            known = feature_of[column[at]]
            if known >= 0:
                one = damped[at] * idf[known]
                square[block_of[known]] += one * one
                value[made], feature[made] = one, known
                made += 1
        for at in range(begin[row], made):
            value[at] /= sqrt(square[block_of[feature[at]]])
        begin[row + 1] = made
    return value, feature, begin


@compiled
def counted(row, column, rows):
    """How often each row has each column: counts, columns ascending within rows, row starts."""
    begin = np.zeros(rows + 1, np.int64)
    for at in range(len(row)):
        begin[row[at] + 1] += 1
    begin = np.cumsum(begin)
    times = np.empty(len(column), np.float32)
    which = np.empty(len(column), np.int32)
    start = np.zeros(rows + 1, np.int64)
    made = 0
    for one in range(rows):
        ascending = np.sort(column[begin[one] : begin[one + 1]])
        for at in range(len(ascending)):
            if at > 0 and ascending[at] == ascending[at - 1]:
                times[made - 1] += 1
            else:
                times[made], which[made] = 1, ascending[at]
                made += 1
        start[one + 1] = made
    return times[:made].copy(), which[:made].copy(), start


@compiled
def summed(start, column, weight, group, groups, columns):
    """For each group of rows and each column the weight of the rows that have it."""
    total = np.zeros((groups, columns))
    for row in range(len(weight)):
        mine = total[group[row]]
        for at in range(start[row], start[row + 1]):
            mine[column[at]] += weight[row]
    return total
