"""What the gateway writes down of each exchange, and the known cases among them.

The log gets commitments, the spool the bytes. Beside an exchange a canary may be logged: an answer
of known kind, asked and answered at the same moments and in the same form, which goes to the meter
and to no user. Which exchanges are canaries or probes stands in lists that the meter does not need
to be able to read.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

from wellhead.watch.disguise import disguised
from wellhead.watch.ledger import Ledger, Reader
from wellhead.watch.settings import Settings
from wellhead.watch.spool import Said, Spool, commitment
from wellhead.watch.switch import Drawn

__all__ = ["Recorder", "Relayed"]

_LOT = secrets.SystemRandom()


@dataclass
class Relayed:
    """One exchange on its way."""

    drawn: Drawn
    question: bytes
    group: str = ""
    asker: str = ""  # what asks, where no user does and the meter may know
    id: str = field(default_factory=lambda: secrets.token_hex(10))
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    answer: bytearray = field(default_factory=bytearray)
    status: int = 0
    chunks: int = 0


class Recorder:
    """The logs that a gateway, or a drill, writes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        sync = settings.sync
        self._ledger = Ledger(settings.folder / "exchanges.jsonl", sync=sync)
        # Which exchanges nobody asked is not for the meter to know.
        self._canaries = Ledger(settings.folder / "canaries.jsonl", mode=0o600, sync=sync)
        self._probes = Ledger(settings.folder / "probes.jsonl", mode=0o600, sync=sync)
        self._measures = Ledger(settings.folder / "measures.jsonl")
        self._spool = Spool(settings.folder / "spool", sync=sync)

    def lose(self) -> None:
        """Name what was in work when an earlier gateway was killed."""
        open_: dict[str, None] = {}
        for entry in Reader(self._ledger.path).new():
            if entry.get("kind") == "asked":
                open_[str(entry.get("id"))] = None
            else:
                open_.pop(str(entry.get("id")), None)
        for id in open_:
            self._ledger.append({"kind": "lost", "id": id, "at": time.time()})

    def asked(self, exchange: Relayed) -> None:
        version = exchange.drawn.version
        self._ledger.append(
            {
                "kind": "asked",
                "id": exchange.id,
                "at": time.time(),
                "version": version.name,
                "hash": version.hash,
                "drawn": exchange.drawn.shares,
                "question": commitment(exchange.nonce, exchange.question),
                **({"group": exchange.group} if exchange.group else {}),
                **({"asker": exchange.asker} if exchange.asker else {}),
            }
        )

    def answered(self, exchange: Relayed, ended: str) -> None:
        answer = bytes(exchange.answer)
        self._spool.put(Said(exchange.id, exchange.nonce, exchange.question, answer))
        self._ledger.append(
            {
                "kind": "answered",
                "id": exchange.id,
                "at": time.time(),
                "answer": commitment(exchange.nonce, answer),
                "status": exchange.status,
                "chunks": exchange.chunks,
                "ended": ended,
            }
        )

    def probe(self, exchange: Relayed, framing: str, drawn: dict[str, float]) -> None:
        """Say of an exchange, before it is asked, that no user asks it."""
        self._probes.append({"id": exchange.id, "framing": framing, "drawn": drawn})

    def measured(self, id: str, values: dict[str, float]) -> None:
        """What a client reports beside an answer."""
        self._measures.append({"kind": "measured", "id": id, "values": values, "at": time.time()})

    def maybe_canary(self, like: Relayed) -> tuple[Relayed, str] | None:
        """Now and then, a canary beside an exchange, asked now."""
        canaries = self.settings.canaries
        kinds = [kind for kind in (True, False) if canaries.of(kind)]
        # The meter knows a drill; the same question once more would show it the canary.
        if like.asker or not kinds or _LOT.randrange(canaries.every):
            return None
        bad = _LOT.choice(kinds)
        return self.canary(like, _LOT.choice(canaries.of(bad)), bad=bad)

    def canary(self, like: Relayed, text: str, *, bad: bool) -> tuple[Relayed, str]:
        """A canary beside an exchange, asked now."""
        exchange = Relayed(like.drawn, like.question, like.group)
        self._canaries.append({"id": exchange.id, "bad": bad, "at": time.time()})
        self.asked(exchange)
        return exchange, text

    def answered_known(self, known: Relayed, text: str) -> None:
        """Log the answer of a canary that stands alone."""
        known.answer += disguised(b"", text)
        known.status, known.chunks = 200, 1
        self.answered(known, "whole")

    def answered_both(
        self, exchange: Relayed, ended: str, canary: tuple[Relayed, str] | None
    ) -> None:
        """Log an answer, and that of its canary before or after it."""
        if canary is None:
            self.answered(exchange, ended)
            return
        known, text = canary
        known.answer += disguised(bytes(exchange.answer), text)
        known.status, known.chunks = exchange.status or 200, max(exchange.chunks, 1)
        both = [(exchange, ended), (known, "whole")]
        _LOT.shuffle(both)
        for each, how in both:
            self.answered(each, how)
