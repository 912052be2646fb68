"""The task page: one HTML document from a study's words, and the static files beside it.

Flows in: a `PageSetup`. Flows out: HTML whose every word is escaped, and the exact bytes of each
static file with its Subresource Integrity hash. What the page may load is for the server to say
(CSP); it needs ``script-src 'self'; style-src 'self'; connect-src 'self'``.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from wellhead.collect.translation import translation
from wellhead.collect.wording import KINDS, ORIGINS, REFUSALS, WORDS

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["STATIC", "PageSetup", "StaticFile", "render_task_page", "static_file"]

# What the task page loads: its own script last, which imports the others.
_PAGE = (
    *("recorder.js", "canary.js", "sender.js", "shelf.js", "store.js", "tabs.js", "view.js"),
    *("questions.js", "visit.js", "words.js", "task.js", "task.css"),
)
# What other people's pages load.
_ELSEWHERE = ("recording.js", "form.js", "jspsych.js")
# Everything that may be asked for, by name and media type.
STATIC = {
    name: "text/css" if name.endswith(".css") else "text/javascript"
    for name in (*_PAGE, *_ELSEWHERE)
}

# What the page's script needs to know, its words beside it.
_CLIENT = ("study", "consent_version", "ticket", "visit", "preview", "api")


@dataclass(frozen=True, kw_only=True)
class PageSetup:
    """What the task page is told before a session exists.

    Attributes:
        study: the study's id, as `Start.study` gives it back.
        title: heading of the page.
        language: language tag of the study's words; the page's own are in it where there is a
            catalogue, else in English.
        translations: a folder with more catalogues, "" for none.
        consent_version, consent_text: what the writer agrees to; paragraphs by blank lines.
        level: privacy level, so that the notice can say what will be recorded.
        retention_days: 0 for "until the researchers delete it".
        contact: whom to ask.
        ask_name: what the writer is asked for, to be known again; "" for nothing.
        ticket: signed stand-in for the entry parameters; empty in a preview.
        visit: short stable name of this visit, so that a reloaded frame finds its session in
            this browser's storage; empty where the platform names no visit.
        preview_instructions, preview_source: the task, shown read-only in a preview.
        preview: a platform's preview: nothing is started.
        api: path before ``/session``.
        static: path before the names in `STATIC`.
    """

    study: str
    title: str
    language: str = "en"
    translations: str = ""
    consent_version: str
    consent_text: str
    level: str = "process"
    retention_days: int = 0
    contact: str = ""
    ask_name: str = ""
    ticket: str = ""
    visit: str = ""
    preview: bool = False
    preview_instructions: str = ""
    preview_source: str = ""
    api: str = "/api"
    static: str = "/static"


class StaticFile(NamedTuple):
    """One file the page loads: its bytes, media type and integrity hash."""

    content: bytes
    media_type: str
    integrity: str


@cache
def static_file(name: str) -> StaticFile:
    """The static file called `name`.

    Raises:
        KeyError: the page has no such file.
    """
    media_type = STATIC[name]
    content = files("wellhead.collect").joinpath("static", name).read_bytes()
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
    return StaticFile(content, f"{media_type}; charset=utf-8", f"sha384-{digest}")


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("wellhead.collect", "templates"),
        autoescape=True,
        trim_blocks=True,
    )
    return environment.get_template("task.html")


def render_task_page(setup: PageSetup) -> str:
    """The task page of a study as HTML."""
    words = translation(setup.language, setup.translations)
    say = words.gettext
    client = {name: getattr(setup, name) for name in _CLIENT} | {
        "words": {name: say(text) for name, text in WORDS.items()},
        "kinds": {name: say(text) for name, text in KINDS.items()},
        "origins": {name: say(text) for name, text in ORIGINS.items()},
        "refusals": {text: say(text) for text in REFUSALS},
    }

    def translated(text: str, **values: object) -> str:
        return say(text) % values if values else say(text)

    return _template().render(
        setup=setup,
        client=client,
        integrity={name: static_file(name).integrity for name in _PAGE},
        language=words.language,
        direction=words.direction,
        _=translated,
    )
