"""What `wellhead.detect.native` keeps: compiled functions behind plain pointers, as LLVM's text.

Each entry takes the arrays of a function of `kernels` or `repairs` as pointers with lengths, and
returns a number above 0 unless it failed. All types are stated here, so that nothing is looked up
when an entry is called.
"""

# Array types are numba's business here.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, attr-defined"
# mypy: disallow-untyped-decorators=false

from __future__ import annotations

from typing import NamedTuple

from numba import carray, cfunc, types

from wellhead.detect.kernels import score_batch
from wellhead.detect.repairs import repaired_batch

__all__ = ["Entry", "repairing", "scoring"]

_int, _float = types.int64, types.float64


class Entry(NamedTuple):
    """A compiled entry.

    Attributes:
        symbol: its name in the code.
        code: all of its code, as LLVM's text.
    """

    symbol: str
    code: str


def _arrays(*items):
    """For each array the type of its pointer and of its length."""
    return [kind for item in items for kind in (types.CPointer(item), _int)]


def repairing() -> Entry:
    """`repaired_batch`."""
    byte, wide, flag = types.uint8, types.uint32, types.boolean
    signature = _int(*_arrays(byte, _int), _int, _int, *_arrays(byte, byte, wide, wide, _int, flag))

    @cfunc(signature)
    def entry(
        data, n_data, offsets, n_offsets, limit, options, traits, n_traits, action, n_action,
        folded, n_folded, out, n_out, starts, n_starts, marked, n_marked,
    ):  # fmt: skip
        return repaired_batch(
            carray(data, n_data),
            carray(offsets, n_offsets),
            limit,
            options,
            carray(traits, n_traits),
            carray(action, n_action),
            carray(folded, n_folded),
            carray(out, n_out),
            carray(starts, n_starts),
            carray(marked, n_marked),
        )

    return Entry(entry.native_name, entry.inspect_llvm())


def scoring() -> Entry:
    """`score_batch`."""
    single = types.float32
    signature = _int(
        *_arrays(types.uint32, _int, types.uint32, types.uint64, types.uint64, _int),
        *_arrays(single, single, _float),
        _float,
        *_arrays(types.int8, types.int16, single, single, _float),
    )

    @cfunc(signature)
    def entry(
        codes, n_codes, starts, n_starts, letters, n_letters, words, n_words, known, n_known,
        first_of, n_first_of, idf, n_idf, weight, n_weight, values, n_values, intercept,
        classes, n_classes, feature, n_feature, threshold, n_threshold, leaf, n_leaf,
        score, n_score,
    ):  # fmt: skip
        score_batch(
            carray(codes, n_codes),
            carray(starts, n_starts),
            carray(letters, n_letters),
            carray(words, n_words),
            carray(known, n_known),
            carray(first_of, n_first_of),
            carray(idf, n_idf),
            carray(weight, n_weight),
            carray(values, n_values),
            intercept,
            carray(classes, n_classes),
            carray(feature, n_feature),
            carray(threshold, n_threshold),
            carray(leaf, n_leaf),
            carray(score, n_score),
        )
        return 1

    return Entry(entry.native_name, entry.inspect_llvm())
