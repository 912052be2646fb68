"""A whole study, reported: text and process evidence joined, workers, drift, planning."""
