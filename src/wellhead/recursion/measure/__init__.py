"""Measures of a generation: of laws over symbols, of text, of images."""
