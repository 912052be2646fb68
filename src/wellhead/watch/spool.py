"""The texts between gateway and meter, in files of so many exchanges each.

The log holds commitments (SHA-256 over a nonce and the bytes), the spool the nonce and the bytes:
when a spool file goes, what is left in the log tells nobody what was said, and still proves it to
whoever kept the text.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Said", "Spool", "answer_text", "commitment", "drop", "question_text", "read_said"]

IN_A_FILE = 256
SECONDS_IN_A_FILE = 60.0


class Said(NamedTuple):
    """One exchange in bytes, as they were relayed."""

    id: str
    nonce: str
    question: bytes
    answer: bytes


def commitment(nonce: str, data: bytes) -> str:
    """What stands for the bytes in the log."""
    return hashlib.sha256(bytes.fromhex(nonce) + data).hexdigest()


class Spool:
    """Where the gateway puts what was said.

    Args:
        folder: of its files.
        sync: whether an exchange is on disk when `put` returns.
    """

    def __init__(self, folder: Path, *, sync: bool = False) -> None:
        self.folder, self._sync = folder, sync
        folder.mkdir(parents=True, exist_ok=True)
        self._handle, self._left, self._until = -1, 0, 0.0

    def put(self, said: Said) -> None:
        """Keep one exchange; with the system, or on disk, when this returns."""
        if not self._left or time.monotonic() > self._until:
            if self._handle >= 0:
                os.close(self._handle)
            path = self.folder / f"{time.time_ns():020d}-{secrets.token_hex(2)}.jsonl"
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
            fcntl.flock(self._handle, fcntl.LOCK_EX)  # as long as this process may write to it
            self._left, self._until = IN_A_FILE, time.monotonic() + SECONDS_IN_A_FILE
        row = {
            "id": said.id,
            "nonce": said.nonce,
            "question": said.question.decode("utf-8", "surrogateescape"),
            "answer": said.answer.decode("utf-8", "surrogateescape"),
        }
        os.write(self._handle, json.dumps(row).encode() + b"\n")
        if self._sync:
            os.fsync(self._handle)
        self._left -= 1


def drop(path: Path) -> bool:
    """Delete a spool file, unless somebody may still write to it; whether it is gone."""
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        path.unlink()
        return True


def read_said(path: Path, at: int = 0) -> Iterator[tuple[int, Said]]:
    """The exchanges in a spool file from byte `at` on, each with the byte after it."""
    with path.open("rb") as stream:
        stream.seek(at)
        for line in stream:
            if not line.endswith(b"\n"):
                return
            at += len(line)
            row = json.loads(line)
            both = (row[name].encode("utf-8", "surrogateescape") for name in ("question", "answer"))
            yield at, Said(row["id"], row["nonce"], *both)


def question_text(body: bytes) -> str:
    """What the user had written: the last message, or the text to continue."""
    try:
        found = json.loads(body)
        messages = found.get("messages")
        return _content(messages[-1]) if messages else str(found.get("prompt", ""))
    except (ValueError, AttributeError, KeyError, IndexError, TypeError):
        return body.decode("utf-8", "replace")


def answer_text(body: bytes) -> str:
    """What the user saw, tool calls included: of a JSON answer, or of a stream of events.

    Bytes that are neither are judged as they are.
    """
    text = body.decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        return _choices(text) or text
    events = [line[5:].strip() for line in text.splitlines() if line.startswith("data:")]
    parts = [_choices(event) for event in events if event != "[DONE]"]
    return "".join(parts) if parts else text


def _choices(text: str) -> str:
    try:
        choices = json.loads(text)["choices"]
        return "".join(_of_choice(choice) for choice in choices)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _of_choice(choice: dict[str, Any]) -> str:
    message = choice.get("message") or choice.get("delta") or {}
    calls = [
        str((call.get("function") or {}).get(part) or "")
        for call in message.get("tool_calls") or []
        for part in ("name", "arguments")
    ]
    said = [_content(message), str(message.get("reasoning_content") or ""), *calls]
    return str(choice.get("text") or "") + "".join(said)


def _content(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")
