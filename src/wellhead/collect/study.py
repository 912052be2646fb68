"""STUDY.toml: what one study asks of whom, under which rules.

Flows in: a TOML file and, beside it, a list of tasks. Flows out: one frozen `Study`. Every key
is checked here and nowhere else: an unknown one is answered with the nearest known one, a wrong
type or range with what was expected. Secrets are not part of the file (see `keys`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, replace
from os import PathLike
from pathlib import Path
from typing import Any, get_type_hints

from wellhead.collect.questions import Condition, Field, Question, read_tables
from wellhead.collect.tasks import Task, read_tasks
from wellhead.errors import BadInput, BadSetting, unknown_name

__all__ = ["Consent", "Entry", "Limits", "Study", "Writing", "load_study"]

ONCE = ("no", "task", "study")
LEVELS = ("summary", "process", "full")
PASTE = ("allow", "warn", "block")
PLATFORMS = ("link", "prolific", "mturk", "qualtrics")


def _setting(default: Any = MISSING, *, check: Callable[[Any], str | None] | None = None) -> Any:
    return field(default=default, metadata={"check": check})


def _among(*allowed: str) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        if value in allowed:
            return None
        return str(unknown_name("value", str(value), allowed))

    return check


def _between(low: int, high: int) -> Callable[[Any], str | None]:
    return lambda value: None if low <= value <= high else f"expected {low} to {high}, got {value}"


def _like(pattern: str, words: str) -> Callable[[Any], str | None]:
    return lambda value: (
        None if re.fullmatch(pattern, value) else f"expected {words}, got {value!r}"
    )


def _sentence(value: Any) -> str | None:
    good = not value or (value.count("{word}") == 1 and len(value) <= 300)
    return None if good else "expected a short sentence with {word} in it, or nothing"


def _filled(value: Any) -> str | None:
    return None if value.strip() else "must not be empty"


def _text(value: Any) -> str | None:
    return None if value == "" else _filled(value)


def _short(value: Any) -> str | None:
    return None if len(value) <= 200 else "expected at most 200 characters"


def _hosts(value: Any) -> str | None:
    bad = [host for host in value if not re.fullmatch(r"https?://(\*\.)?[A-Za-z0-9.:-]+", host)]
    return f"expected origins such as 'https://example.org', got {bad[0]!r}" if bad else None


@dataclass(frozen=True, kw_only=True)
class Writing:
    """What the writer sees and may do."""

    instructions: str = _setting(check=_filled)
    min_words: int = _setting(0, check=_between(0, 100_000))
    max_characters: int = _setting(50_000, check=_between(1, 200_000))
    privacy: str = _setting("process", check=_among(*LEVELS))
    paste: str = _setting("allow", check=_among(*PASTE))
    warm_up: str = _setting("", check=_text)
    canary: str = _setting("", check=_sentence)
    # The page says when the time is nearly over and when it is over; nobody is cut off.
    minutes: int = _setting(0, check=_between(0, 10_080))


@dataclass(frozen=True, kw_only=True)
class Consent:
    """The words a writer agrees to before anything is recorded; the version is stored."""

    version: str = _setting(check=_like(r"[\w.-]{1,40}", "letters, digits, '.', '-' or '_'"))
    text: str = _setting(check=_filled)
    # The text says that platform ids leave with the data.
    shares_ids: bool = _setting(False)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How writers arrive and how they are sent back."""

    platform: str = _setting("link", check=_among(*PLATFORMS))
    frame_ancestors: tuple[str, ...] = _setting((), check=_hosts)
    # None: each submission gets its own. Two: the second is for incomplete recordings.
    completion_codes: tuple[str, ...] = _setting(())
    # For whoever comes when every place is taken; nothing is recorded of them.
    full_code: str = _setting("", check=_short)
    require_token: bool = _setting(False)
    jwks_file: str = _setting("")
    audience: str = _setting("")
    token_parameter: str = _setting("prolific_token", check=_filled)
    sandbox: bool = _setting(False)
    once: str = _setting("no", check=_among(*ONCE))
    reserve_minutes: int = _setting(120, check=_between(1, 10_080))
    # Personal links: a file of tokens, one a line; and a name asked for on the consent page.
    tokens_file: str = _setting("")
    ask_name: str = _setting("", check=_short)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on what a browser may send; the defaults suit writing sessions of hours."""

    batches_per_minute: int = _setting(240, check=_between(6, 6_000))
    starts_per_minute: int = _setting(120, check=_between(1, 100_000))
    late_minutes: int = _setting(30, check=_between(0, 1_440))
    kilobytes_per_minute: int = _setting(4_096, check=_between(2_048, 1_000_000))
    kilobytes_per_session: int = _setting(65_536, check=_between(64, 10_000_000))
    megabytes_per_study: int = _setting(50_000, check=_between(1, 10_000_000))
    events_per_session: int = _setting(250_000, check=_between(1_000, 5_000_000))
    session_hours: int = _setting(72, check=_between(1, 24 * 365))


@dataclass(frozen=True, kw_only=True)
class Study:
    """One study: its words, its tasks and its rules.

    Attributes:
        id: short name used in addresses and exports.
        answers_per_task: how many answers each task gets; then nobody begins it any more. 0 is as
            many as come.
        retention_days: raw records older than this are removed, by the server every few minutes
            and by `collect delete --expired`; 0 keeps them until told otherwise.
        questions, fields, conditions: what is asked besides the text (see `questions`).
        seed: draws the conditions; the same seed and order of arrivals give the same draw.
        closed: nobody begins any more; whoever has begun may finish.
        database: SQLAlchemy URL; a relative SQLite path is relative to the study file.
        path: where the study was read from.
    """

    id: str = _setting(check=_like(r"[a-z0-9][a-z0-9-]{1,60}", "lower-case letters, digits, '-'"))
    title: str = _setting(check=_filled)
    writing: Writing
    consent: Consent
    tasks: tuple[Task, ...]
    entry: Entry = Entry()
    limits: Limits = Limits()
    language: str = _setting(
        "en", check=_like(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", "a tag like 'en'")
    )
    contact: str = _setting("")
    answers_per_task: int = _setting(0, check=_between(0, 100_000))
    questions: tuple[Question, ...] = ()
    fields: tuple[Field, ...] = ()
    conditions: tuple[Condition, ...] = ()
    seed: int = _setting(0, check=_between(0, 2**53))
    retention_days: int = _setting(365, check=_between(0, 36_500))
    closed: bool = _setting(False)
    database: str = _setting("sqlite:///answers.db", check=_filled)
    path: Path = Path("STUDY.toml")

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the texts that a writer writes, in order; the last is the answer."""
        first = ("warmup",) if self.writing.warm_up else ()
        return (*first, *(one.id for one in self.fields), "answer")

    @property
    def key_path(self) -> Path:
        """Where the study's secret key lies: beside the study file, never inside it."""
        return self.path.with_suffix(".key")

    @property
    def database_url(self) -> str:
        """The database URL with a relative SQLite path made absolute."""
        head, separator, tail = self.database.partition(":///")
        if head != "sqlite" or not separator or tail.startswith("/") or tail in {"", ":memory:"}:
            return self.database
        return f"sqlite:///{(self.path.parent / tail).resolve()}"

    @property
    def shares_ids(self) -> bool:
        """Whether exports may name workers and visits as the platform does."""
        return self.consent.shares_ids and self.writing.privacy != "summary"

    def task(self, task_id: str) -> Task:
        """The task called `task_id`.

        Raises:
            BadSetting: the study has none of that name.
        """
        for task in self.tasks:
            if task.id == task_id:
                return task
        raise unknown_name("task", task_id, [task.id for task in self.tasks])


_SECTIONS = {"writing": Writing, "consent": Consent, "entry": Entry, "limits": Limits}
_TASK_KEYS = ("file", "id", "text")
_TABLES = ("questions", "fields", "conditions")
_NOT_OWN = {*_SECTIONS, *_TABLES, "tasks", "path"}
_OWN = tuple(item.name for item in fields(Study) if item.name not in _NOT_OWN)


def load_study(path: str | PathLike[str]) -> Study:
    """The study that a TOML file describes, with its tasks read and every setting checked.

    Args:
        path: the study file; the task list and the key lie beside it.

    Raises:
        BadInput: the file or its task list cannot be read.
        BadSetting: a key is unknown, missing, of the wrong type or out of range.
    """
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(
            f"no study file at {path}. Make one with: wellhead collect new FOLDER"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is not valid TOML: {error}") from error
    _only_known(raw, ("study", "tasks", *_SECTIONS, *_TABLES), "section")
    sections = {
        name: _build(kind, raw.get(name, {}), name, [item.name for item in fields(kind)])
        for name, kind in _SECTIONS.items()
        if name in raw or name in {"writing", "consent"}
    }
    head = raw.get("study", {})
    given = {**sections, **read_tables(raw)}
    study: Study = _build(Study, head, "study", _OWN, tasks=(), path=path, **given)
    _contradictions(study)
    return replace(study, tasks=_tasks(path, raw.get("tasks", {})))


def _tasks(path: Path, section: dict[str, Any]) -> tuple[Task, ...]:
    _only_known(section, _TASK_KEYS, "key in [tasks]")
    if not section.get("file"):
        raise BadSetting(
            "[tasks] needs `file`: a CSV or JSONL list of tasks beside the study file."
        )
    for key, value in section.items():
        if not isinstance(value, str):
            raise BadSetting(f"[tasks] {key}: expected text in quotes, got {value!r}.")
    return read_tasks(
        path.parent / section["file"],
        id_column=section.get("id", "id"),
        text_column=section.get("text", "text"),
    )


def _only_known(section: Any, known: Any, kind: str) -> None:
    if not isinstance(section, dict):
        raise BadSetting(f"expected a section, got {section!r}.")
    for name in section:
        if name not in known:
            raise unknown_name(kind, name, known)


def _build(kind: type, section: Any, name: str, known: Any, **given: Any) -> Any:
    _only_known(section, known, f"key in [{name}]")
    hints = get_type_hints(kind)
    values = {}
    for item in fields(kind):
        if item.name in given:
            continue
        if item.name in section:
            values[item.name] = _checked(section[item.name], item, hints[item.name], name)
        elif item.default is MISSING:
            raise BadSetting(f"[{name}] needs `{item.name}`.")
    return kind(**values, **given)


def _checked(value: Any, item: Any, kind: Any, section: str) -> Any:
    where = f"[{section}] {item.name}"
    if kind == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise BadSetting(f"{where}: expected a list of texts, got {value!r}.")
        value = tuple(value)
    elif type(value) is not kind:
        words = {int: "a whole number", str: "text in quotes", bool: "true or false"}[kind]
        raise BadSetting(f"{where}: expected {words}, got {value!r}.")
    check = item.metadata.get("check")
    if problem := check and check(value):
        raise BadSetting(f"{where}: {problem}.")
    return value


def _contradictions(study: Study) -> None:
    entry = study.entry
    if entry.require_token and entry.platform != "prolific":
        raise BadSetting("[entry] require_token works only with platform = 'prolific'.")
    if entry.require_token and not (entry.jwks_file and entry.audience):
        raise BadSetting(
            "[entry] require_token needs `jwks_file` (the platform's public keys) and `audience`."
        )
    if entry.tokens_file and entry.platform != "link":
        raise BadSetting("[entry] tokens_file works only with platform = 'link'.")
    if entry.ask_name and (entry.platform != "link" or entry.tokens_file):
        raise BadSetting(
            "[entry] ask_name works only with platform = 'link' and without tokens_file."
        )
    if entry.platform == "prolific" and not entry.completion_codes:
        raise BadSetting("[entry] platform = 'prolific' needs at least one completion code.")
    if entry.full_code in entry.completion_codes:
        raise BadSetting("[entry] full_code must differ from the codes of those who took part.")
    most = study.writing.max_characters
    for where, words in (
        ("[writing]", study.writing.min_words),
        *((f"[[fields]] {one.id}:", one.min_words) for one in study.fields),
    ):
        if words > most:
            raise BadSetting(
                f"{where} min_words: {words} words do not fit into max_characters = {most}."
            )
