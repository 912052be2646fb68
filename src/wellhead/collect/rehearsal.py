"""A pretended writer, for rehearsals: the local demo, load tests and tests of the server.

Flows in: what to do (type, erase, copy, paste). Flows out: batches of the recorder's version,
with pretended times. It speaks the protocol of docs/collect-protocol.md; that a recording looks
like this proves nothing about its writer, which is the point the documentation makes.
"""

from __future__ import annotations

import random
from typing import Any

from wellhead.collect.derive.content import class_counts, keyed_hash
from wellhead.collect.schema import CLASSES, NO_BODY, Batch, body_hash, compact, text_hash, units

__all__ = ["SimulatedWriter"]

_HASHED_FROM = 20


class SimulatedWriter:
    """Writes one answer, event by event.

    Args:
        seed: of the pauses between keys.
        paste_key: hex key of the study for the hashes of pastes.
        level: privacy level; at `summary` no keys are noted.

    >>> pen = SimulatedWriter(seed=1)
    >>> pen.type("Hi")
    >>> pen.text, [event[2] for event in pen.events]
    ('Hi', ['key', 'edit', 'key', 'edit'])
    """

    def __init__(self, *, seed: int, paste_key: str = "00" * 32, level: str = "process") -> None:
        self.text = ""
        self.events: list[list[Any]] = []
        self.seq = 0
        self.prev = NO_BODY
        self.dice = random.Random(seed)
        self._key = bytes.fromhex(paste_key)
        self._next, self._time = 0, 0
        self._keyless = level == "summary"

    @property
    def elapsed_ms(self) -> int:
        """How long the writing has taken so far."""
        return self._time

    def note(self, kind: str, **fields: Any) -> int | None:
        """Record one event; its number, or None where keys are not recorded."""
        if kind == "key" and self._keyless:
            return None
        self.events.append([self._next, self._time, kind, fields])
        self._next += 1
        return self._next - 1

    def _wait(self, around_ms: float) -> None:
        self._time += max(1, int(self.dice.lognormvariate(0, 0.5) * around_ms))

    def type(self, text: str) -> None:
        """Press one key for each character at the end of the text."""
        for character in text:
            self._wait(420 if self.text.endswith((" ", "\n")) else 170)
            key = self.note("key", c=_key_class(character))
            kind = "insertLineBreak" if character == "\n" else "insertText"
            end = units(self.text)
            self.note("edit", it=kind, p=end, s0=end, s1=end, kd=key, **_inserted(character))
            self.text += character

    def begin(self, name: str) -> None:
        """Go on to the next text, with an empty field; send what there is before."""
        cleared = units(self.text)
        self.text = ""
        self.note("phase", name=name, **({"d": cleared} if cleared else {}))

    def erase(self, count: int) -> None:
        """Take back the last characters one by one."""
        for _ in range(min(count, len(self.text))):
            self._wait(150)
            key = self.note("key", c="erase")
            last, self.text = self.text[-1], self.text[:-1]
            start, end = units(self.text), units(self.text + last)
            self.note(
                "edit", it="deleteContentBackward", p=start, d=end - start, s0=end, s1=end, kd=key
            )

    def _measured(self, text: str) -> dict[str, Any]:
        return {"n": units(text), "h": keyed_hash(self._key, text)}

    def copy_task(self, text: str, share: float = 1.0) -> None:
        """Copy (a share of) the task's text."""
        self._wait(3000)
        fields = {**self._measured(text), "task_cov": round(1000 * share)}
        self.note("clip", a="copy", **fields, **{"from": "task"}, src_cov=1000)

    def leave(self, seconds: float) -> None:
        """Look at something else for a while."""
        self.note("win", on=0)
        self._time += int(1000 * seconds)
        self.note("win", on=1)

    def paste(self, text: str, *, origin: str = "outside", covered: float = 0.0) -> None:
        """Paste at the end; `covered` is the share of it that the task contains."""
        self._wait(800)
        end = units(self.text)
        fields = {**self._measured(text), "src_cov": round(1000 * covered)}
        clip = self.note("clip", a="paste", **fields, **{"from": origin}, s0=end, s1=end)
        inserted = _inserted(text)
        if units(text) >= _HASHED_FROM:
            inserted["h"] = keyed_hash(self._key, text)
        self.note("edit", it="insertFromPaste", p=end, s0=end, s1=end, clip=clip, **inserted)
        self.text += text

    def batch(self, session: str, nonce: str, *, tab: str = "tab", wall_ms: int = 0) -> Batch:
        """Everything since the last batch, ready to send."""
        self.seq += 1
        body = {
            "v": 1,
            "sid": session,
            "tab": tab,
            "seq": self.seq,
            "prev": self.prev,
            "nonce": nonce,
            "mono": self._time,
            "wall": wall_ms,
            "len": units(self.text),
            "sha": text_hash(self.text),
            "events": self.events,
        }
        self.events = []
        raw = compact(body)
        self.prev = body_hash(raw)
        return Batch(body=raw, draft=self.text)


def _key_class(character: str) -> str:
    kind = CLASSES[class_counts(character).index(1)]
    return "enter" if kind == "newline" else kind


def _inserted(text: str) -> dict[str, Any]:
    return {"n": units(text), "cc": list(class_counts(text))}
