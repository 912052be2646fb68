"""From the events of a recording to where every character of the answer came from."""

from wellhead.collect.derive.answer import Answer, derive, derive_recording
from wellhead.collect.derive.integrity import Stored

__all__ = ["Answer", "Stored", "derive", "derive_recording"]
