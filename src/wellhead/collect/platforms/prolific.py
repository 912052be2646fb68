"""Prolific: three ids in the address, a signed token where the study demands it, a code at the end.

The study's address on Prolific ends in ``?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}
&SESSION_ID={{%SESSION_ID%}}``. With signed entry the platform adds a token whose ``prolific``
claim repeats them; signature (RS256, key by id from the supplied JWKS file), expiry, audience
and the claim are checked. The researcher fetches the public keys from Prolific's
``/.well-known/study/jwks.json`` at least daily; a changed file is read anew at the next entry.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from wellhead.collect.messages import Completion
from wellhead.collect.platforms.arrival import Arrival, Unwelcome, parameter
from wellhead.collect.study import Study
from wellhead.errors import BadInput

__all__ = ["FRAMES", "arrive", "finish", "public_keys", "verify_token"]

FRAMES: tuple[str, ...] = ()
_COMPLETE = "https://app.prolific.com/submissions/complete"
_IDS = {
    "PROLIFIC_PID": ("PROLIFIC_PID", "prolific_pid", "participant_id"),
    "STUDY_ID": ("STUDY_ID", "study_id"),
    "SESSION_ID": ("SESSION_ID", "session_id", "submission_id"),
}
_LOG = logging.getLogger(__name__)
# Clocks of two companies differ by seconds, not minutes.
_LEEWAY_SECONDS = 30


def arrive(study: Study, query: Mapping[str, str], now: float) -> Arrival:
    """The participant and submission.

    Raises:
        Unwelcome: an id is missing, or the token is missing or does not verify.
    """
    ids = {name: parameter(query, name) for name in _IDS}
    token = query.get(study.entry.token_parameter, "")
    verified = "param"
    if token and study.entry.jwks_file:
        ids = _matched(ids, verify_token(study, token, now))
        verified = "jwt"
    elif study.entry.require_token:
        raise Unwelcome("Please enter through Prolific: the signed link is missing.")
    missing = [name for name, value in ids.items() if not value]
    if missing:
        raise Unwelcome(f"Please enter through Prolific: {', '.join(missing)} is missing.")
    return Arrival(
        ids["PROLIFIC_PID"],
        visit=f"{ids['STUDY_ID']}/{ids['SESSION_ID']}",
        verified=verified,
    )


def verify_token(study: Study, token: str, now: float) -> dict[str, Any]:
    """The ``prolific`` claim of a token whose signature, expiry and audience hold.

    Raises:
        Unwelcome: anything about the token does not hold, or the key file cannot be read.
    """
    import jwt

    try:
        keys = public_keys(study)
    except BadInput as error:
        # Where the file lies is for the researcher's eyes.
        _LOG.error("signed entry fails: %s", error)
        raise Unwelcome(
            "The signed link cannot be checked just now. Please try again later."
        ) from error
    try:
        name = jwt.get_unverified_header(token).get("kid")
        if name not in keys:
            raise Unwelcome("The signed link uses a key that this study does not know.")
        # Expiry is checked here against the given clock, not against the library's.
        claims = jwt.decode(
            token,
            keys[name].key,
            algorithms=["RS256"],
            audience=study.entry.audience,
            options={"require": ["exp", "aud"], "verify_exp": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError as error:
        raise Unwelcome(f"The signed link does not verify: {error}.") from error
    expires = claims["exp"]
    if not isinstance(expires, int | float) or expires + _LEEWAY_SECONDS < now:
        raise Unwelcome("The signed link has expired. Please open the study on Prolific again.")
    claim = claims.get("prolific")
    if not isinstance(claim, dict):
        raise Unwelcome("The signed link lacks the `prolific` claim.")
    return claim


def public_keys(study: Study) -> dict[str | None, Any]:
    """The platform's public keys by id, from the study's key file.

    Raises:
        BadInput: the file is missing or holds no usable key.
    """
    import jwt

    path: Path = study.path.parent / study.entry.jwks_file
    try:
        found = jwt.PyJWKSet.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, jwt.PyJWTError, AttributeError) as error:
        raise BadInput(f"{path} is not a usable JWKS file: {error}") from error
    return {key.key_id: key for key in found.keys if key.key_type == "RSA"}


def _matched(ids: dict[str, str], claim: Mapping[str, Any]) -> dict[str, str]:
    """The ids as signed; what the address says must not contradict them."""
    signed = {}
    for name, spellings in _IDS.items():
        value = next((str(claim[key]) for key in spellings if key in claim), "")
        if ids[name] and ids[name] != value:
            raise Unwelcome(f"The signed link and the address disagree about {name}.")
        signed[name] = parameter({name: value}, name)
    return signed


def finish(code: str, session: str, returns: Mapping[str, str]) -> Completion:
    """The address that completes the submission."""
    address = f"{_COMPLETE}?{urlencode({'cc': code})}"
    return Completion(kind="redirect", code=code, url=address, fields={})
