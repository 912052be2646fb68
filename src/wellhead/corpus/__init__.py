"""Documents in and out: any source as Arrow batches of ``id``, ``text`` and what came along."""

from wellhead.corpus.census import Census, Unusable
from wellhead.corpus.corpus import Corpus
from wellhead.corpus.identity import content_hash, document_id
from wellhead.corpus.inspection import Inspection, inspect_corpus
from wellhead.corpus.opening import MAX_BYTES, open_corpus
from wellhead.corpus.sampling import sample
from wellhead.corpus.schema import unified
from wellhead.corpus.sidecars import read_scores

__all__ = [
    "MAX_BYTES",
    "Census",
    "Corpus",
    "Inspection",
    "Unusable",
    "content_hash",
    "document_id",
    "inspect_corpus",
    "open_corpus",
    "read_scores",
    "sample",
    "unified",
]
