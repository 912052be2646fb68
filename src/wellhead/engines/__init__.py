"""The same work on bigger machines: thin adapters for datatrove, Hugging Face datasets, Ray Data.

Each carries a plan's rule (`wellhead.curation.rule`) to the data, or scores to sidecars that
`wellhead assay` merges. What is decided of a text depends on the text and the rule alone, so that
shards may run anywhere, in any order, and again.
"""
