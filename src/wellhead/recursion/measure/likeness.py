"""How alike the texts of a sample are, to each other or to real ones, by other people's libraries.

Optional and slower than the rest; each is named in a family's ``also``. Self-BLEU comes from
sacrebleu and the Vendi score from vendi-score (extra ``collapse``); MAUVE from mauve-text (extra
``mauve``; GPL-3.0, and it fetches a language model when it first runs).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from wellhead.errors import MissingExtra

__all__ = ["LIKENESS", "mauve", "self_bleu", "vendi"]

BLEU_TEXTS = 50  # every text is held against all others
VENDI_TEXTS = 300
MAUVE_TEXTS = 500


def self_bleu(texts: Sequence[str], real: Sequence[str] = ()) -> float:
    """Mean BLEU of each text against the others, 0 to 100: high where texts resemble each other.

    Source: Zhu et al. 2018, Texygen.
    """
    try:
        import sacrebleu
    except ImportError:
        raise MissingExtra("self-BLEU", "collapse") from None
    chosen = [text for text in texts if text][:BLEU_TEXTS]
    if len(chosen) < 2:
        return float("nan")
    scores = [
        sacrebleu.sentence_bleu(text, chosen[:place] + chosen[place + 1 :], tokenize="none").score
        for place, text in enumerate(chosen)
    ]
    return float(np.mean(scores))


def vendi(texts: Sequence[str], real: Sequence[str] = ()) -> float:
    """The effective number of different texts, by the cosine of their words and word pairs.

    Source: Friedman & Dieng 2023, with their n-gram kernel.
    """
    try:
        from vendi_score import vendi as library
    except ImportError:
        raise MissingExtra("the Vendi score", "collapse") from None
    chosen = [text for text in texts if text][:VENDI_TEXTS]
    if len(chosen) < 2:
        return float("nan")
    kernels = []
    for length in (1, 2):
        counter = CountVectorizer(
            tokenizer=str.split, token_pattern=None, lowercase=False, ngram_range=(length, length)
        )
        try:
            vectors = normalize(counter.fit_transform(chosen))
        except ValueError:  # no text is that long
            continue
        kernel = (vectors @ vectors.T).toarray()
        # A text without any such n-gram is like itself.
        np.fill_diagonal(kernel, 1.0)
        kernels.append(kernel)
    return float(library.score_K(np.mean(kernels, axis=0)))


def mauve(texts: Sequence[str], real: Sequence[str] = ()) -> float:
    """MAUVE between the texts and real ones, 0 to 1: how hard they are to tell apart.

    Source: Pillutla et al. 2021.
    """
    try:
        from mauve import compute_mauve
    except ImportError:
        raise MissingExtra("MAUVE", "mauve") from None
    ours, theirs = ([text for text in part if text][:MAUVE_TEXTS] for part in (texts, real))
    found = compute_mauve(p_text=theirs, q_text=ours, featurize_model_name="gpt2", verbose=False)
    return float(found.mauve)


LIKENESS: dict[str, Callable[[Sequence[str], Sequence[str]], float]] = {
    "self_bleu": self_bleu,
    "vendi": vendi,
    "mauve": mauve,
}
