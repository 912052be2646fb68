"""Personal links: tokens that nobody can guess, in the file that the study lets in.

Flows in: a study with ``tokens_file``. Flows out: new tokens, added to that file; a running server
reads it at the next entry. Tokens that were given out before stay valid.
"""

from __future__ import annotations

import secrets

from wellhead._atomic import write_text
from wellhead.collect.study import Study
from wellhead.errors import BadInput, BadSetting

__all__ = ["MOST", "add_tokens", "link_of"]

MOST = 100_000
# Letters and digits that are not mistaken for one another when read from paper.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 16  # 79 bits: not to be guessed


def add_tokens(study: Study, count: int) -> list[str]:
    """`count` new tokens, which let people in from now on.

    Raises:
        BadSetting: the study names no file of tokens, or `count` is out of range.
        BadInput: the file cannot be read or written.
    """
    name = study.entry.tokens_file
    if not name:
        raise BadSetting(
            'this study lets in whoever comes; set tokens_file = "tokens.txt" under [entry] first.'
        )
    if not 1 <= count <= MOST:
        raise BadSetting(f"--count: expected 1 to {MOST}, got {count}.")
    path = study.path.parent / name
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        made = _new(set(before.split()), count)
        lines = [before.rstrip("\n"), *made] if before.strip() else made
        write_text(path, "\n".join(lines) + "\n")
        path.chmod(0o600)  # whoever reads a token can enter with it
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read and written: {error}") from error
    return made


def _new(known: set[str], count: int) -> list[str]:
    made: list[str] = []
    while len(made) < count:
        token = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        if token not in known:
            known.add(token)
            made.append(token)
    return made


def link_of(study: Study, token: str, address: str = "") -> str:
    """The personal link of a token; `address` is where the server is reached.

    >>> from types import SimpleNamespace
    >>> link_of(SimpleNamespace(id="demo"), "abc", "https://study.example.org/")
    'https://study.example.org/s/demo?token=abc'
    """
    return f"{address.rstrip('/')}/s/{study.id}?token={token}"
