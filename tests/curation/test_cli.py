"""The verb as a user types it."""

from __future__ import annotations

import json


def test_the_verb_plans_prints_json_and_exits_by_what_it_found(known, wellhead, tmp_path):
    base = ("curate", known.corpus, "--assay", known.assay)
    done = wellhead(*base, "--policy", "fdr", "--json", "--out", tmp_path / "plan")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["policy"] == "fdr"
    missed = wellhead(*base, "--policy", "fdr", "--max-machine", "1%", "--apply", "--out", "new")
    assert missed.returncode == 1
    assert "Not attainable" in missed.stderr
    assert not (tmp_path / "new" / "corpus").exists()
    assert wellhead(*base, "--max-machine", "much").returncode == 2
    assert wellhead("curate", known.corpus, "--assay", tmp_path).returncode == 3
