"""Entry from platforms, against local stand-ins that speak their documented protocol."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt
import pytest
from collect_helpers import Clock, Writer
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient

from wellhead.collect.keys import Keys
from wellhead.collect.platforms import Unwelcome, adapter, completion_code, mturk, prolific
from wellhead.collect.server import create_app
from wellhead.collect.server.host import Host
from wellhead.collect.study import Entry, Study
from wellhead.errors import BadInput

NOW = 1_750_000_000
IDS = {"PROLIFIC_PID": "p1", "STUDY_ID": "s1", "SESSION_ID": "x1"}
Sign = Callable[..., str]


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def sign(key: rsa.RSAPrivateKey) -> Sign:
    """The platform: signs entry tokens."""

    def sign(claim: Any = None, *, algorithm: str = "RS256", kid: str = "k1", **claims: Any) -> str:
        payload = {"exp": NOW + 600, "aud": "https://study.example", "prolific": claim or IDS}
        secret: Any = key if algorithm == "RS256" else "s" * 32
        return jwt.encode({**payload, **claims}, secret, algorithm, headers={"kid": kid})

    return sign


@pytest.fixture
def signed_study(study: Study, key: rsa.RSAPrivateKey) -> Study:
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    keys = {"keys": [{**public, "kid": "k1", "alg": "RS256", "use": "sig"}]}
    (study.path.parent / "jwks.json").write_text(json.dumps(keys))
    entry = Entry(
        platform="prolific",
        completion_codes=("OK1", "LATE2"),
        require_token=True,
        jwks_file="jwks.json",
        audience="https://study.example",
    )
    return replace(study, entry=entry)


def arrive(study: Study, **query: str) -> Any:
    return prolific.arrive(study, query, NOW)


def test_a_signed_entry_is_verified(signed_study: Study, sign: Sign) -> None:
    """Signature, expiry, audience and claim hold: the worker is who Prolific says."""
    arrival = arrive(signed_study, **IDS, prolific_token=sign())
    assert (arrival.worker, arrival.visit, arrival.verified) == ("p1", "s1/x1", "jwt")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"exp": NOW - 60}, "expired"),
        ({"aud": "https://other.example"}, "does not verify"),
        ({"kid": "k2"}, "does not know"),
        ({"algorithm": "HS256"}, "does not verify"),
        ({"claim": {**IDS, "PROLIFIC_PID": "p2"}}, "disagree about PROLIFIC_PID"),
        ({"claim": {"PROLIFIC_PID": "p1"}}, "disagree about STUDY_ID"),
        ({"prolific": "p1"}, "lacks"),
    ],
)
def test_a_doctored_entry_is_turned_away(
    signed_study: Study, sign: Sign, how: dict[str, Any], words: str
) -> None:
    """Each thing that can be wrong with a token is noticed."""
    with pytest.raises(Unwelcome, match=words):
        arrive(signed_study, **IDS, prolific_token=sign(**how))


def test_an_unsigned_token_is_turned_away(signed_study: Study) -> None:
    """`alg: none` is not a signature."""
    token = jwt.encode({"exp": NOW + 600, "prolific": IDS}, None, "none", headers={"kid": "k1"})
    for bad in (token, "", "a.b.c", "é"):
        with pytest.raises(Unwelcome):
            arrive(signed_study, **IDS, prolific_token=bad)


def test_entry_without_a_token_says_param(signed_study: Study) -> None:
    """Where the study does not demand a token, the record says that nothing was verified."""
    open_entry = replace(signed_study.entry, require_token=False)
    assert arrive(replace(signed_study, entry=open_entry), **IDS).verified == "param"


def test_a_changed_key_file_is_read_at_the_next_entry(signed_study: Study, sign: Sign) -> None:
    """Key rotation needs no restart."""
    arrive(signed_study, **IDS, prolific_token=sign())
    file = signed_study.path.parent / "jwks.json"
    file.write_text(file.read_text().replace('"k1"', '"k2"'))
    with pytest.raises(Unwelcome, match="does not know"):
        arrive(signed_study, **IDS, prolific_token=sign())
    arrive(signed_study, **IDS, prolific_token=sign(kid="k2"))


@pytest.mark.parametrize("content", ['{"keys": []}', "{", "[1]", None])
def test_an_unusable_key_file_keeps_its_place_to_itself(
    signed_study: Study, sign: Sign, content: str | None
) -> None:
    """The visitor is asked to try again; the path is for the log and for `collect serve`."""
    file = signed_study.path.parent / "jwks.json"
    file.unlink()
    if content is not None:
        file.write_text(content)
    with pytest.raises(Unwelcome, match="cannot be checked") as caught:
        arrive(signed_study, **IDS, prolific_token=sign())
    assert "jwks" not in str(caught.value)
    with pytest.raises(BadInput, match=r"jwks\.json is not a usable JWKS file"):
        prolific.public_keys(signed_study)


def visit(host: Host, study: Study, query: str) -> Writer:
    host.studies["demo"] = study
    return Writer(TestClient(create_app(host)), query=query)


def test_a_verified_writer_comes_back_to_their_draft(
    host: Host, signed_study: Study, sign: Sign
) -> None:
    """A second device with a signed link finds the text; the first loses its token."""
    query = f"?PROLIFIC_PID=p1&STUDY_ID=s1&SESSION_ID=x1&prolific_token={sign()}"
    first = visit(host, signed_study, query)
    first.start()
    first.pen.type("on my phone")
    first.send()
    second = visit(host, signed_study, query)
    started = second.start()
    assert (started["resumed"], started["at"]["text"]) == (True, "on my phone")
    answer = first.client.get(
        f"/api/session/{first.sid}", params={"tab": "t"}, headers=first.headers
    )
    assert answer.status_code == 401


def test_prolific_gets_the_code_that_fits_the_recording(
    host: Host, signed_study: Study, sign: Sign
) -> None:
    """Complete recordings get the first code, incomplete ones the second."""
    query = f"?PROLIFIC_PID=p1&STUDY_ID=s1&SESSION_ID=x1&prolific_token={sign()}"
    alice = visit(host, signed_study, query)
    completion = alice.write("Done.")["completion"]
    assert completion["url"] == "https://app.prolific.com/submissions/complete?cc=OK1"
    other = sign({**IDS, "SESSION_ID": "x2"})
    bob = visit(host, signed_study, query.replace("x1", "x2").split("&prolific")[0])
    bob.query += f"&prolific_token={other}"
    bob.start()
    bob.pen.type("Lost")
    bob.pen.batch(bob.sid, bob.receipt)
    assert bob.submit()["completion"]["code"] == "LATE2"


MTURK = "?assignmentId=a1&hitId=h1&workerId=w1&turkSubmitTo=https%3A%2F%2Fwww.mturk.com"


@pytest.fixture
def turk_study(study: Study) -> Study:
    return replace(study, entry=Entry(platform="mturk"))


def test_a_preview_shows_the_task_and_stores_nothing(host: Host, turk_study: Study) -> None:
    """Before the worker accepts there is no ticket to start a session with."""
    for query in ("?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId=h1", ""):
        page = visit(host, turk_study, query).page()
        assert "Describe the street" in page
        assert '"ticket": ""' in page


def test_an_assignment_is_handed_in_to_the_platform(host: Host, turk_study: Study) -> None:
    """The browser gets the form that MTurk expects, for the platform's host only."""
    alice = visit(host, turk_study, MTURK)
    completion = alice.write("Done.")["completion"]
    assert completion["kind"] == "post"
    assert completion["url"] == "https://www.mturk.com/mturk/externalSubmit"
    assert completion["fields"]["assignmentId"] == "a1"
    policy = alice.client.get(f"/s/demo{MTURK}").headers["content-security-policy"]
    assert "form-action https://www.mturk.com;" in policy
    assert "https://*.mturk.com" in policy.partition("frame-ancestors")[2]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example",
        "https://www.mturk.com.evil.example",
        "https://evil.example/www.mturk.com",
        "https://user@www.mturk.com",
        "http://www.mturk.com",
        "https://www.mturk.com:8443",
        "https://www.mturk.com/?next=https://evil.example",
        "javascript:alert(1)",
        "//www.mturk.com",
        "https://workersandbox.mturk.com",
        "",
    ],
)
def test_no_other_host_gets_an_answer(turk_study: Study, address: str) -> None:
    """A doctored `turkSubmitTo` is turned away at the door."""
    query = {"assignmentId": "a1", "workerId": "w1", "turkSubmitTo": address}
    with pytest.raises(Unwelcome, match="turkSubmitTo"):
        mturk.arrive(turk_study, query, NOW)


def test_the_sandbox_is_another_host(turk_study: Study) -> None:
    """A sandbox study hands in to the sandbox and nowhere else."""
    sandbox = replace(turk_study, entry=Entry(platform="mturk", sandbox=True))
    query = {"assignmentId": "a1", "workerId": "w1"}
    address = "https://workersandbox.mturk.com"
    arrival = mturk.arrive(sandbox, {**query, "turkSubmitTo": address}, NOW)
    assert arrival.returns["turkSubmitTo"] == address


def test_a_framed_survey_gets_its_frame_and_a_code(host: Host, study: Study) -> None:
    """Qualtrics may show the page; the code identifies the answer."""
    survey = replace(
        study, entry=Entry(platform="qualtrics", frame_ancestors=("https://my.example",))
    )
    alice = visit(host, survey, "?ResponseID=R_1a")
    assert alice.write("Done.")["completion"]["kind"] == "code"
    policy = alice.client.get("/s/demo").headers["content-security-policy"]
    assert "frame-ancestors https://*.qualtrics.com https://my.example" in policy


def test_codes_of_submissions_differ_and_repeat_for_the_same_one() -> None:
    """Without codes in the study, each answer has its own."""
    keys = Keys(bytes(range(32)), "demo")
    codes = {completion_code(keys, f"s{n}", (), complete=True) for n in range(50)}
    assert len(codes) == 50
    assert completion_code(keys, "s1", (), complete=True) in codes


@pytest.mark.parametrize("worker", ["<script>", "a b", "x" * 201, "../..", "\u0000"])
def test_identifiers_are_plain(study: Study, worker: str, clock: Clock) -> None:
    """What comes in an address and is not an identifier is refused."""
    with pytest.raises(Unwelcome, match="damaged"):
        adapter("link").arrive(study, {"worker": worker}, clock())
