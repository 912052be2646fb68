"""From scores to the share of machine text, with an interval.

``wellhead.assay(corpus, human=...)`` is the whole job. The parts are here for those who bring
their own scores: conformal p-values (`conformal`), the generator-free bound (`bound`), the
anchored mixture (`mixture`), the audited estimate (`audit`), the estimate without a reference
(`unanchored`), planning (`plan`) and the trials that measure every estimator (`trial`).
"""

from __future__ import annotations

from wellhead._verb import make_callable

make_callable(__name__, "wellhead.assay.run", "assay")
