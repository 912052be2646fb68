"""Where an answer ends: texts that stop it are found while it streams, and never shown."""

from __future__ import annotations

__all__ = ["Stopping"]


class Stopping:
    """Holds back what may be the beginning of a stop text.

    >>> stopping = Stopping(("END",))
    >>> [stopping.take(piece) for piece in ("one E", "ND of it")], stopping.stopped
    (['one ', ''], True)
    """

    def __init__(self, stops: tuple[str, ...]) -> None:
        self.stops = tuple(stop for stop in stops if stop)
        self.stopped = False
        self._held = ""

    def take(self, piece: str) -> str:
        """What of the text so far can be shown and was not yet."""
        if self.stopped:
            return ""
        text = self._held + piece
        places = [place for stop in self.stops if (place := text.find(stop)) >= 0]
        if places:
            self.stopped, self._held = True, ""
            return text[: min(places)]
        kept = max((_beginning(text, stop) for stop in self.stops), default=0)
        self._held = text[len(text) - kept :]
        return text[: len(text) - kept]

    def rest(self) -> str:
        """What was held back for nothing, once nothing more comes."""
        held, self._held = self._held, ""
        return held


def _beginning(text: str, stop: str) -> int:
    """The longest end of `text` that `stop` begins with."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(stop[:size])), 0)
