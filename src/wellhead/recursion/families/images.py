"""Images to learn from: scikit-learn's embedded digits, or idx files such as those of MNIST."""

from __future__ import annotations

import gzip
import zlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wellhead.errors import BadInput
from wellhead.recursion.data import Array

__all__ = ["EMBEDDED", "Images", "read_images"]

EMBEDDED = "digits"
HELD_OUT = 5  # every fifth image is held out
LARGEST = 1 << 30  # bytes of an idx file, unpacked
IDX_IMAGES = 0x803  # unsigned bytes, three dimensions


class Images(NamedTuple):
    """Pixels in [0, 1], one row per image, and labels where they are known."""

    training: Array
    held_out: Array
    labels: Array | None


@lru_cache(maxsize=2)
def read_images(path: str) -> Images:
    """The images at `path`: "digits", or an idx file of images, also gzipped.

    Raises:
        BadInput: the file cannot be read or is no idx file of images.
    """
    if path == EMBEDDED:
        from sklearn.datasets import load_digits

        digits = load_digits()
        pixels, labels = (digits.data / 16).astype(np.float32), digits.target
    else:
        pixels, labels = _idx(Path(path)), None
    held_out = np.arange(len(pixels)) % HELD_OUT == HELD_OUT - 1
    known = None if labels is None else labels[~held_out]
    return Images(pixels[~held_out], pixels[held_out], known)


def _idx(path: Path) -> Array:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as stream:
            raw = stream.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"images {path}: cannot be read: {error}.") from None
    if len(raw) > LARGEST:
        raise BadInput(f"images {path}: expected at most {LARGEST:,} bytes of images.")
    head = np.frombuffer(raw[:16], dtype=">i4")
    if len(head) < 4 or head[0] != IDX_IMAGES or len(raw) != 16 + int(np.prod(head[1:])):
        raise BadInput(f"images {path}: expected an idx file of images, such as MNIST's.")
    pixels = np.frombuffer(raw, dtype=np.uint8, offset=16).reshape(head[1], -1)
    return pixels.astype(np.float32) / np.float32(255)
