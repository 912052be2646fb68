"""A model as something one can run.

In: a MODEL argument (`resolve`). Out: an engine (`open_engine`) that streams text whatever the
model is made of, an OpenAI-compatible server over engines (`server`), and a page on which two of
them answer one prompt (`chat`). It measures no capability; that is the room `evaluate`.
"""
