"""A recorder in Python for tests: it types, pastes and undoes, and keeps what truly happened."""

from __future__ import annotations

import json
from typing import Any

from wellhead.collect.derive.integrity import Stored
from wellhead.collect.schema import NO_BODY, body_hash, parse_body, text_hash, units


def utf16(text: str) -> list[bytes]:
    raw = text.encode("utf-16-le")
    return [raw[i : i + 2] for i in range(0, len(raw), 2)]


class Tape:
    """Keeps the text as a list of (UTF-16 unit, origin): the oracle that replays are held to."""

    def __init__(self) -> None:
        self.truth: list[tuple[bytes, str]] = []
        self.bodies: list[str] = []
        self.events: list[Any] = []
        self.next = 0
        self.t = 0

    @property
    def text(self) -> str:
        return b"".join(unit for unit, _ in self.truth).decode("utf-16-le")

    def log(self, kind: str, **fields: Any) -> int:
        self.t += 10
        self.events.append([self.next, self.t, kind, fields])
        self.next += 1
        return self.next - 1

    def splice(self, p: int, d: int, put: str, origin: str, kind: str = "edit", **more: Any) -> int:
        inside = utf16(put)
        self.truth[p : p + d] = [(unit, origin) for unit in inside]
        return self.log(kind, p=p, d=d, n=len(inside), **more)

    def type(self, text: str, at: int | None = None) -> None:
        for character in text:
            place = len(self.truth) if at is None else at
            key = self.log("key", c="letter")
            counts = [1, 0, 0, 0, 0, 0]
            self.splice(place, 0, character, "typed", it="insertText", kd=key, cc=counts)
            self.log("key", a="u", c="letter", of=key, dw=70 + self.next * 7 % 40)
            at = None if at is None else at + units(character)

    def paste(
        self, text: str, origin: str = "outside", p: int | None = None, d: int = 0, **clip: Any
    ) -> int:
        index = self.log("clip", a="paste", n=units(text), **{"from": origin}, **clip)
        place = len(self.truth) if p is None else p
        named = {"outside": "paste_outside", "task": "paste_task", "answer": "paste_self"}[origin]
        return self.splice(place, d, text, named, it="insertFromPaste", clip=index)

    def close(self) -> None:
        body = {
            "v": 1,
            "sid": "s",
            "tab": "t",
            "seq": len(self.bodies) + 1,
            "prev": body_hash(self.bodies[-1]) if self.bodies else NO_BODY,
            "nonce": "0" * 64,
            "mono": self.t,
            "wall": self.t,
            "len": len(self.truth),
            "sha": text_hash(self.text),
            "events": self.events,
        }
        self.bodies.append(json.dumps(body))
        self.events = []

    def stored(self) -> list[Stored]:
        if self.events:
            self.close()
        return [Stored(parse_body(body)) for body in self.bodies]
