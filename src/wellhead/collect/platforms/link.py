"""Plain links: a course, a mailing list, a laboratory.

`?worker=NAME` names the writer when the researcher hands out personal links; without it each
visit is a new, unnamed writer. Where the study has a file of tokens, one a line, only who brings
one of them in `?token=` enters; a changed file is read anew at the next entry.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping

from wellhead.collect.platforms.arrival import Arrival, Unwelcome, parameter
from wellhead.collect.study import Study

__all__ = ["FRAMES", "arrive"]

_LOG = logging.getLogger(__name__)
FRAMES: tuple[str, ...] = ()


def arrive(study: Study, query: Mapping[str, str], now: float) -> Arrival:
    """Who comes through this link."""
    if study.entry.tokens_file:
        return _by_token(study, parameter(query, "token"))
    worker = parameter(query, "worker")
    return Arrival(worker or None, verified="param" if worker else "none")


def _by_token(study: Study, token: str) -> Arrival:
    path = study.path.parent / study.entry.tokens_file
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        # Where the file lies is for the researcher's eyes.
        _LOG.error("personal links fail: %s", error)
        raise Unwelcome("The link cannot be checked just now. Please try again later.") from error
    known = [line for line in lines if hmac.compare_digest(line.encode(), token.encode())]
    if not known:
        raise Unwelcome("Please enter through your personal link.")
    return Arrival(token, verified="token")
