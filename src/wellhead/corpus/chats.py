"""Exports of chat programs as rows: each message of a person beside what the model answered.

Flows in: one conversation, as ChatGPT (a tree under ``mapping``) or Claude (``chat_messages``)
writes it. Flows out: rows with `user` and `assistant`, which both hold text; which of them is meant
only the reader's user can say. Instructions, searches, code for tools and thinking are nobody's
message. An answer that was asked for again is a row of its own, without the question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

__all__ = ["NOTE", "SIDES", "exchanges", "is_conversation"]

# Whose text a row may stand for.
SIDES = ("assistant", "user")
NOTE = "an export of chats: each message of a person and the answer to it are one row"
_PEOPLE = ("user", "human")


class _Message(NamedTuple):
    """What one side said; `side` is "" where it is neither's."""

    id: str
    side: str
    text: str
    model: str | None
    at: str | None


def is_conversation(value: Any) -> bool:
    """Whether it is one conversation of an export."""
    if not isinstance(value, dict):
        return False
    tree, turns = value.get("mapping"), value.get("chat_messages")
    if isinstance(tree, dict):
        return bool(tree) and all(isinstance(n, dict) and "message" in n for n in tree.values())
    return isinstance(turns, list) and all(isinstance(t, dict) and "sender" in t for t in turns)


def exchanges(conversation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of one conversation, in its order.

    >>> turns = [{"sender": "human", "text": "Rain?"}, {"sender": "assistant", "text": "Yes."}]
    >>> [(row["user"], row["assistant"]) for row in exchanges({"chat_messages": turns})]
    [('Rain?', 'Yes.')]
    """
    title = conversation.get("title") or conversation.get("name") or None
    shared = {"title": title, "model": conversation.get("default_model_slug")}
    tree = conversation.get("mapping")
    found = _of_tree(tree) if isinstance(tree, dict) else _of_list(conversation["chat_messages"])
    return [_row(shared, *pair) for pair in found]


def _row(shared: Mapping[str, Any], asked: _Message | None, told: list[_Message]) -> dict[str, Any]:
    first = asked or told[0]
    model = next((each.model for each in told if each.model), shared["model"])
    return {
        "id": first.id or None,
        "title": shared["title"],
        "at": first.at,
        "model": model,
        "user": asked.text if asked else None,
        "assistant": "\n\n".join(each.text for each in told) or None,
    }


Exchange = tuple[_Message | None, list[_Message]]


def _of_list(turns: list[Any]) -> Iterator[Exchange]:
    """Each message of a person with the answer after it; further answers stand alone."""
    asked: _Message | None = None
    for turn in turns:
        said = _claude(turn)
        if not said.side or not said.text:
            continue
        if said.side == "user":
            if asked:
                yield asked, []
            asked = said
        else:
            yield asked, [said]
            asked = None
    if asked:
        yield asked, []


def _claude(turn: Mapping[str, Any]) -> _Message:
    pieces = [piece for piece in _list(turn.get("content")) if isinstance(piece, dict)]
    texts = [piece.get("text") for piece in pieces if piece.get("type") == "text"]
    text = "\n\n".join(each for each in texts if isinstance(each, str) and each.strip())
    side = _side(turn.get("sender"))
    plain = turn.get("text")
    said = text or (plain if isinstance(plain, str) else "")
    return _Message(str(turn.get("uuid") or ""), side, said.strip(), None, turn.get("created_at"))


def _of_tree(tree: Mapping[str, Any]) -> Iterator[Exchange]:
    """Each message of a person with each answer to it: what it says until a person speaks again."""
    messages = {id: _chatgpt(id, node.get("message")) for id, node in tree.items()}
    for id, said in messages.items():
        if said.side == "user" and said.text:
            asked: _Message | None = said
            for told in _answers(tree, messages, id) or [[]]:
                yield asked, told
                asked = None


def _answers(
    tree: Mapping[str, Any], messages: Mapping[str, _Message], id: str
) -> list[list[_Message]]:
    """What follows a message, one list for each way in which the model went on."""
    ways: list[list[_Message]] = []
    # A tree may be as deep as a conversation is long, and a broken one may lead in circles.
    open_: list[tuple[str, list[_Message]]] = [(id, [])]
    seen = set()
    while open_:
        at, told = open_.pop()
        if at in seen:
            continue
        seen.add(at)
        children = [each for each in _list(tree[at].get("children")) if isinstance(each, str)]
        onward = [each for each in children if each in messages and messages[each].side != "user"]
        if not onward and told:
            ways.append(told)
        for child in reversed(onward):
            said = messages[child]
            spoken = said.side == "assistant" and said.text
            open_.append((child, [*told, said] if spoken else told))
    return ways


def _chatgpt(id: str, message: Any) -> _Message:
    """A node's message; what is hidden, or meant for a tool, is nobody's."""
    if not isinstance(message, dict):
        return _Message(id, "", "", None, None)
    content, about = _dict(message.get("content")), _dict(message.get("metadata"))
    side = _side(_dict(message.get("author")).get("role"))
    shown = message.get("recipient") in ("all", None)
    shown = shown and not about.get("is_visually_hidden_from_conversation")
    kinds = ("text", "multimodal_text", None)
    text = ""
    if shown and content.get("content_type") in kinds:
        text = "\n\n".join(filter(None, map(_part, _list(content.get("parts"))))).strip()
    return _Message(id, side, text, about.get("model_slug"), _moment(message.get("create_time")))


def _part(part: Any) -> str:
    """Text, or what was understood of speech; "" for a picture."""
    said = _dict(part).get("text") if isinstance(part, dict) else part
    return said if isinstance(said, str) else ""


def _side(role: Any) -> str:
    return "user" if role in _PEOPLE else "assistant" if role == "assistant" else ""


def _moment(seconds: Any) -> str | None:
    try:
        return datetime.fromtimestamp(float(seconds), UTC).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
