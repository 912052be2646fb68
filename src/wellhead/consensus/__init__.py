"""Two or more imperfect methods, one answer.

`wellhead.joint(evidence, ...)` is the whole job. The parts are here for those who bring their
own tables: `em` (the latent class model), `profile` (intervals), `identify` (can it be told at
all), `independence` (do methods err together), `bayes` (stated priors), `bounds`, `agreement`,
`dawid_skene` (any number of classes), and the view of workers and repeated texts.
"""
