"""Two or more imperfect methods, one answer.

``wellhead.joint(evidence, ...)`` is the whole job. The parts are here for those who bring their
own tables: `latent` (the model), `profile` (intervals), `identify` (can it be told at all),
`independence` (do methods err together), `bayes` (stated priors), `missing` (bounds), `agreement`,
`dawid_skene` (any number of classes), and the view of workers, time and repeated texts.
"""

from __future__ import annotations

from wellhead._verb import make_callable

make_callable(__name__, "wellhead.assay.joint.run", "joint")
