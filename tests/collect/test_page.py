"""The task page as HTML: escaped, complete without scripts, tied to its files by hash."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from wellhead.collect.page import STATIC, PageSetup, render_task_page, static_file

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&{{ 7 * 7 }}"


def setup(**changes: object) -> PageSetup:
    usual = {"study": "demo", "title": "A study", "consent_version": "1", "consent_text": "Agree?"}
    return PageSetup(**{**usual, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "field", ["study", "title", "consent_version", "consent_text", "contact", "ticket", "visit"]
)
def test_every_word_of_the_page_is_escaped(field):
    page = render_task_page(setup(**{field: HOSTILE}))
    assert "<img" not in page
    assert page.count("</script>") == 2


def test_a_preview_shows_the_task_and_offers_no_way_to_begin():
    page = render_task_page(setup(preview=True, preview_source=HOSTILE, preview_instructions="Do"))
    assert 'id="agree"' not in page
    assert "<textarea" not in page
    assert "onerror=alert(1)&gt;" in page


@pytest.mark.parametrize(
    ("level", "says"),
    [
        ("full", "also what you delete"),
        ("process", "by kind of key"),
        ("summary", "only a summary"),
    ],
)
def test_the_notice_says_what_the_level_records(level, says):
    assert says in render_task_page(setup(level=level))


def test_the_page_loads_its_own_files_only_and_names_their_hashes():
    page = render_task_page(setup())
    loaded = dict(re.findall(r'(?:href|src)="/static/([^"]+)" integrity="sha384-([^"]+)"', page))
    every = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert len(loaded) == len(every)
    for name, digest in loaded.items():
        content = static_file(name).content
        assert base64.b64encode(hashlib.sha384(content).digest()).decode() == digest


def test_every_module_a_page_imports_is_one_that_is_served():
    for name in STATIC:
        imported = re.findall(rb'from "\./([^"]+)"', static_file(name).content)
        assert {part.decode() for part in imported} <= set(STATIC)


def test_nothing_on_the_page_is_styled_or_scripted_inline():
    page = render_task_page(setup())
    assert " style=" not in page
    assert not re.search(r"\son\w+=", page)
    assert "<script>" not in page
