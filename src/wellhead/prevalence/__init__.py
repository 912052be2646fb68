"""From scores to the share of machine text, with an interval.

`wellhead.assay(corpus, human=...)` is the whole job. The parts are here for those who bring
their own scores: conformal p-values (`conformal`), the generator-free bound (`lower_bound`), the
anchored mixture (`mixture`), the audited estimate (`audit`), the estimate without a reference
(`no_reference`), planning (`plan`) and the trials that measure every estimator (`evaluation`).
"""
