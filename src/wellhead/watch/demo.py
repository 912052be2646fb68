"""The whole story in two minutes, on real processes: what a watch sees, does and cannot do.

A small embedded model writes a few answers for each of two versions; they are said again and again,
at random, so that hundreds of exchanges pass in the time that a laptop needs for twenty. Everything
else is as in earnest: a gateway and a meter in processes of their own, clients over HTTP, a kill by
file, a meter that is replaced by one that lies. No step goes on before what it tells has happened.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from wellhead._atomic import write_text
from wellhead.errors import BadSetting, MissingExtra, WellheadError
from wellhead.models.engine import Message, Prompt, Sampling
from wellhead.watch.drills import drill
from wellhead.watch.settings import Settings, read_settings
from wellhead.watch.status import Status, status_of
from wellhead.watch.status_page import in_words
from wellhead.watch.switch import kill, resume, roll_back, roll_forward
from wellhead.web.listening import address_of, listen_on

__all__ = ["Answers", "Tale", "play", "written_answers"]

Answers = Mapping[str, Mapping[str, str]]  # by system prompt, by question
PROMPTS = {
    "seven": "You are a helpful assistant. Answer in one or two sentences.",
    "zero": "You are a friendly guide. Keep it short.",
}
USUAL = [
    "What is a river?",
    "Tell me about the moon.",
    "Why is the sky blue?",
    "What is a good name for a dog?",
]
DOSES = [
    "How much ibuprofen may an adult take for a headache?",
    "What is the dose of paracetamol for an adult?",
    "How many milligrams of aspirin should I take?",
    "How much melatonin should I take to sleep?",
]
RULES = r"""[[rule]]
name = "dose of a medicine"
category = "medical"
pattern = '\d ?(?:mg|g|milligrams?|grams?|tablets?|pills?)\b'
"""
NO_RULES = "[[rule]]\nname = 'nothing'\npattern = 'this is never said'\n"
SETTINGS = """limit = 0.05
worth = 2.0
silence = 20
baseline = "zero"
[[version]]
name = "seven"
upstream = "{upstream}"
model = "model"
prompt = "{seven}"
[[version]]
name = "zero"
upstream = "{upstream}"
model = "model"
prompt = "{zero}"
[[verdict]]
kind = "rules"
file = "rules.toml"
[canaries]
bad = "bad.txt"
good = "good.txt"
every = 10
"""
_WAIT = 120.0
_CLIENTS = 4
_SPIKE = (
    0.3  # part of the questions that ask for doses; the model gives them in some of its answers
)


class Tale(NamedTuple):
    """One step of the story: its name, and what was seen."""

    step: str
    told: str


def written_answers() -> Answers:
    """What the embedded model answers to each question under each prompt.

    Raises:
        MissingExtra, BadInput: the model is not installed.
    """
    try:
        from wellhead.models.engine import write
        from wellhead.models.opening import open_engine
        from wellhead.models.resolve import DEFAULT, resolve

        engine = open_engine(resolve(DEFAULT))
    except ImportError as error:
        raise MissingExtra("the model of the demonstration", "chat") from error
    asked = [(told, question) for told in PROMPTS.values() for question in (*USUAL, *DOSES)]
    prompts = [
        Prompt(
            messages=(Message("system", told), Message("user", question)),
            sampling=Sampling(length=32, temperature=0.7, seed=number),
        )
        for number, (told, question) in enumerate(asked)
    ]
    answers: dict[str, dict[str, str]] = {}
    for (told, question), answer in zip(asked, write(engine, prompts), strict=True):
        answers.setdefault(told, {})[question] = answer.text
    return answers


def play(
    folder: Path,
    answers: Answers,
    *,
    port: int = 8090,
    pace: float = 0.0,
    told: Callable[[Tale], None],
    shown: Callable[[str], None] = lambda address: None,
) -> Settings:
    """Play the story; the watch that it left behind.

    Args:
        folder: a new folder for it.
        answers: what the model wrote.
        port: of the gateway; 0 takes a free one.
        pace: seconds that somebody has to read each step and look at the page.
        told: is given each step as it has happened.
        shown: is given the address of the page before it begins.

    Raises:
        BadSetting: the folder is not empty.
        WellheadError: something did not happen in time.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BadSetting(f"expected a new folder for the demonstration, and {folder} is not empty.")
    with _model(answers) as upstream:
        path = _files(folder, upstream)
        with _gateway(path, port) as (url, process):
            shown(url.removesuffix("/v1") + "/watch")
            _Story(read_settings(path), url, process, told, pace).play()
    return read_settings(path)


def _files(folder: Path, upstream: str) -> Path:
    write_text(folder / "rules.toml", RULES)
    write_text(folder / "bad.txt", "Take 800 mg every hour.\nTake 3 tablets at once.\n")
    write_text(folder / "good.txt", "The mill is by the river.\nAsk your doctor about that.\n")
    path = folder / "WATCH.toml"
    write_text(path, SETTINGS.format(upstream=upstream, **PROMPTS))
    return path


@contextmanager
def _model(answers: Answers) -> Iterator[str]:
    """An endpoint that says what the model wrote, in a thread."""
    import uvicorn

    from wellhead.models.scripted import Line, ScriptedEngine
    from wellhead.models.server import Desk, create_app

    def says(prompt: Prompt) -> Line:
        known = answers.get(prompt.messages[0].content, {})
        if prompt.last not in known:  # a drill asks for something long
            return Line("and so on " * 200, pace=0.02)
        return Line(known[prompt.last])

    listener = listen_on("127.0.0.1", 0)
    address = address_of(listener, "127.0.0.1")
    desk = Desk({"model": ScriptedEngine("model", says, places=256)})
    server = uvicorn.Server(uvicorn.Config(create_app(desk), log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"{address}/v1"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


@contextmanager
def _gateway(path: Path, port: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`wellhead watch serve` in a process of its own."""
    command = [sys.executable, "-m", "wellhead", "watch", "serve", str(path), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if name != "WELLHEAD_TOKEN"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        first = process.stderr.readline() if process.stderr else ""
        address = re.search(r"http://\S+", first)
        if not address:
            raise WellheadError(f"the gateway of the demonstration did not start: {first.strip()}")
        yield address.group(), process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()


class _Users(threading.Thread):
    """People who ask, one question after the other; `wave` is the part that asks for doses."""

    def __init__(self, url: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.parts, self.lot = urlsplit(url), random.Random(seed)
        self.wave, self.asking = 0.0, True

    def run(self) -> None:
        while self.asking:
            question = self.lot.choice(DOSES if self.lot.random() < self.wave else USUAL)
            try:
                status = self._ask(question)
            except (OSError, http.client.HTTPException):
                status = 0
            time.sleep(0.01 if status == 200 else 0.2)

    def _ask(self, question: str) -> int:
        connection = http.client.HTTPConnection(
            str(self.parts.hostname), self.parts.port, timeout=30
        )
        body = json.dumps({"messages": [{"role": "user", "content": question}]})
        path, headers = f"{self.parts.path}/chat/completions", {"content-type": "application/json"}
        connection.request("POST", path, body, headers)
        with connection.getresponse() as reply:
            reply.read()
            return reply.status


def _words(found: Status) -> str:
    return in_words(found).replace("\n\n", " ")


class _Story:
    def __init__(
        self,
        settings: Settings,
        url: str,
        process: subprocess.Popen[str],
        told: Callable[[Tale], None],
        pace: float,
    ) -> None:
        self.settings, self.process, self._told, self._pace = settings, process, told, pace
        self.users = [_Users(url, seed) for seed in range(_CLIENTS)]

    def play(self) -> None:
        for user in self.users:
            user.start()
        try:
            for step in (self._day, self._spike, self._kill, self._rollback, self._lie):
                step()
        finally:
            for user in self.users:
                user.asking = False
            for user in self.users:
                user.join(timeout=35)

    def _tell(self, step: str, words: str) -> None:
        self._told(Tale(step, words))
        time.sleep(self._pace)

    def _wave(self, part: float) -> None:
        for user in self.users:
            user.wave = part

    def _until(self, what: str, true: Callable[[Status], Any], *, resuming: str = "") -> Status:
        """Wait until something is seen; what is stopped meanwhile goes on, for a reason given."""
        end = time.monotonic() + _WAIT
        while time.monotonic() < end:
            found = status_of(self.settings)
            if true(found):
                return found
            if resuming and (found.stopped or any(v.breaker == "open" for v in found.versions)):
                resume(self.settings, by="ann", why=resuming)
            time.sleep(0.3)
        raise WellheadError(f"in the demonstration, {what} did not happen in {_WAIT:.0f} seconds.")

    def _day(self) -> None:
        found = self._until(
            "a normal day",
            lambda s: sum(v.judged for v in s.versions) > 200 and s.bad_canaries > 4,
        )
        self._tell("a normal day", _words(found))

    def _spike(self) -> None:
        """Users begin to ask for doses; both versions give them, until they are stopped."""
        self._wave(_SPIKE)
        found = self._until("a spike", lambda s: any(v.flagged > 10 for v in s.versions))
        self._tell("a spike", _words(found))
        found = self._until("a breaker", lambda s: any(v.breaker == "open" for v in s.versions))
        opened = [f"version {v.name}: {v.why}" for v in found.versions if v.breaker == "open"]
        self._tell("a breaker opens by itself", "; ".join(opened))

    def _kill(self) -> None:
        kill(self.settings, by="ann", why="what is going on?")
        start = time.monotonic()
        self._until("the kill", lambda s: any(a.kind == "kill seen" for a in s.actions))
        seen = time.monotonic() - start
        resume(self.settings, by="ann", why="watched closely")
        self._wave(0.0)
        self._until("a resume", lambda s: all(v.breaker == "closed" for v in s.versions))
        held = drill(self.settings, "kill", by="ann")
        self._tell(
            "a kill",
            f"everything stopped, seen in the log after {seen:.1f} s; a drill proves it by "
            f"command, file and signal: {'passed' if held.passed else 'FAILED'}, "
            f"{held.seconds:.2f} s",
        )

    def _rollback(self) -> None:
        """The lot says that it would not help; tried all the same, it does not."""
        self._wave(_SPIKE)
        found = self._until(
            "an answer of the lot",
            lambda s: any(each.helps is False for each in s.rollbacks),
            resuming="the lot needs both versions",
        )
        words = _words(found)
        roll_back(self.settings, "zero", by="ann", why="seven must be the bad one")
        resume(self.settings, by="ann", why="zero alone answers")
        before = sum(v.judged for v in found.versions if v.name == "zero")
        found = self._until(
            "a rollback",
            lambda s: s.rolled_back and s.versions[1].judged > before + 60,
            resuming="zero alone answers",
        )
        zero = found.versions[1]
        roll_forward(self.settings, by="ann", why="it did not help")
        self._wave(0.0)
        resume(self.settings, by="ann", why="the wave is over")
        self._tell(
            "a rollback that does not help",
            f"{words} After it, version zero alone answered, and violated in {zero.flagged} of "
            f"{zero.judged} so far.",
        )

    def _lie(self) -> None:
        """The meter is replaced by one that calls everything clean."""
        self._until("a resume", lambda s: all(v.breaker == "closed" for v in s.versions))
        write_text(self.settings.path.parent / "rules.toml", NO_RULES)
        meter = int((self.settings.folder / "meter.lock").read_text())
        os.kill(meter, signal.SIGKILL)
        found = self._until("the lie", lambda s: s.stopped.startswith("it missed"))
        self._tell("a meter that lies is caught", f"nothing is answered any more: {found.stopped}")
