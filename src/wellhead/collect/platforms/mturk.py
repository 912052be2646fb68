"""Mechanical Turk's ExternalQuestion, as a compatibility mode.

The platform shows our page in a frame with `assignmentId`, `hitId`, `workerId` and
`turkSubmitTo`. Before a worker accepts, `assignmentId` is ``ASSIGNMENT_ID_NOT_AVAILABLE``: the
task is shown and nothing is recorded. At the end the browser posts a form to
``<turkSubmitTo>/mturk/externalSubmit``; only Amazon's own hosts are allowed there, so that a
doctored link cannot send an answer elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from wellhead.collect.messages import Completion
from wellhead.collect.platforms.arrival import Arrival, Unwelcome, parameter
from wellhead.collect.study import Study

__all__ = ["FRAMES", "arrive", "finish"]

FRAMES = (
    "https://*.mturk.com",
    "https://mturkcontent.com",
    "https://*.mturkcontent.com",
)
_NOT_ACCEPTED = "ASSIGNMENT_ID_NOT_AVAILABLE"
_PRODUCTION = "www.mturk.com"
_SANDBOX = "workersandbox.mturk.com"


def arrive(study: Study, query: Mapping[str, str], now: float) -> Arrival:
    """The worker and assignment, or a preview.

    Raises:
        Unwelcome: an identifier is missing, or the form would go to a foreign host.
    """
    assignment = parameter(query, "assignmentId")
    if not assignment or assignment == _NOT_ACCEPTED:
        return Arrival(None, preview=True)
    worker = parameter(query, "workerId")
    if not worker:
        raise Unwelcome("The link is incomplete: workerId is missing.")
    submit_to = _submit_host(query.get("turkSubmitTo", ""), sandbox=study.entry.sandbox)
    returns = {"assignmentId": assignment, "turkSubmitTo": submit_to}
    return Arrival(worker, visit=assignment, verified="param", returns=returns)


def _submit_host(address: str, *, sandbox: bool) -> str:
    allowed = _SANDBOX if sandbox else _PRODUCTION
    parts = urlsplit(address)
    plain = parts.scheme == "https" and parts.netloc == allowed
    if not plain or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise Unwelcome(f"The link is damaged: turkSubmitTo must be https://{allowed}.")
    return f"https://{allowed}"


def finish(code: str, session: str, returns: Mapping[str, str]) -> Completion:
    """The form that hands the assignment in."""
    fields = {"assignmentId": returns["assignmentId"], "session": session, "code": code}
    action = f"{returns['turkSubmitTo']}/mturk/externalSubmit"
    return Completion(kind="post", code=code, url=action, fields=fields)
