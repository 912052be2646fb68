"""What to keep of a corpus, at what weight, and what that costs: the parts of `wellhead.curate`.

An assay flows in, a plan flows out, and on request a new corpus beside the old one. Every number of
a plan carries the assay's uncertainty and that of the human reference. It measures nothing itself:
scores are `detect`'s, shares `prevalence`'s, and what training does is `recursion`'s to say.
"""

from __future__ import annotations

from wellhead.curation.consequence import Consequence
from wellhead.curation.evidence import Evidence, read_assay
from wellhead.curation.policies import POLICIES, Policy
from wellhead.curation.result import CurationPlan
from wellhead.curation.run import curate
from wellhead.curation.targets import Targets

__all__ = [
    "POLICIES",
    "Consequence",
    "CurationPlan",
    "Evidence",
    "Policy",
    "Targets",
    "curate",
    "read_assay",
]
