"""A known text in the form of an answer that was just given, so that its form tells nobody.

Everything but the words stays: identifiers, the model's name, how many pieces a stream had.
"""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["disguised"]

_PLAIN: dict[str, Any] = {
    "object": "chat.completion",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}
    ],
}


def disguised(answer: bytes, text: str) -> bytes:
    """`text` as the answer that `answer` was; a plain JSON answer where that had no known form."""
    shown = answer.decode("utf-8", "replace")
    if shown.lstrip().startswith("data:"):
        stream = _stream(shown, text)
        if stream is not None:
            return stream.encode()
    try:
        found = json.loads(shown)
        found["choices"][0]["message"]["content"]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        found = json.loads(json.dumps(_PLAIN))
    choice = found["choices"][0]
    choice["message"] = {"role": "assistant", "content": text}
    found["choices"] = [choice]
    return json.dumps(found, ensure_ascii=False).encode()


def _stream(shown: str, text: str) -> str | None:
    """The events of a stream with other words; None where there are no words in it."""
    events = re.split(r"(\r?\n\r?\n)", shown)
    places = [at for at, event in enumerate(events) if _said(event)]
    if not places:
        return None
    words = re.findall(r"\s*\S+", text) or [text]
    for number, at in enumerate(places):
        last = number == len(places) - 1
        piece = "".join(words[number:]) if last else "".join(words[number : number + 1])
        data = json.loads(events[at][5:])
        data["choices"][0]["delta"] = {**data["choices"][0]["delta"], "content": piece}
        events[at] = f"data: {json.dumps(data, ensure_ascii=False)}"
    return "".join(events)


def _said(event: str) -> str:
    try:
        return str(json.loads(event[5:])["choices"][0]["delta"]["content"] or "")
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return ""
