"""Runs: folders that survive a kill, the same numbers for the same seed, and clear refusals."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import wellhead.recursion
from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.config import plan
from wellhead.recursion.curves import summarise
from wellhead.recursion.presets import preset
from wellhead.recursion.terminal import show

COMMAND = [sys.executable, "-m", "wellhead", "collapse", "run"]
SMALL = {
    "family": "gaussian",
    "regime": "replace",
    "size": 20,
    "generations": 4,
    "chains": 50,
    "seeds": 2,
}
SWEEP = """
family = "discrete"
regime = "replace"
size = 4000
generations = 40
chains = 20
seeds = 4
[sweep]
"regime.name" = ["replace", "accumulate"]
"""


def shown(run: wellhead.recursion.Run) -> str:
    """What a terminal sees of a run."""
    written = io.StringIO()
    show(run, file=written)
    return written.getvalue()


def bits(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "cells").glob("*.parquet")}


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    one, two = (wellhead.collapse(SMALL, seed=3) for _ in range(2))
    assert one.table.equals(two.table)
    assert not one.table.equals(wellhead.collapse(SMALL, seed=4).table)


def test_a_setting_keeps_its_numbers_in_another_sweep_and_with_more_generations():
    alone = wellhead.collapse(SMALL)
    swept = wellhead.collapse(SMALL | {"generations": 6, "sweep": {"size": [50, 20]}})
    assert np.array_equal(
        alone.values("variance", "replace", 4), swept.values("variance", "size 20", 4)
    )


def test_a_sweep_killed_in_the_middle_resumes_to_the_same_bits(tmp_path):
    config = tmp_path / "sweep.toml"
    config.write_text(SWEEP)
    wellhead.collapse(config, out=tmp_path / "whole")
    killed = subprocess.Popen(
        [*COMMAND, str(config), "--out", "killed", "--workers", "2"],
        cwd=tmp_path,
        start_new_session=True,
    )
    cells = tmp_path / "killed" / "cells"
    while killed.poll() is None and len(list(cells.glob("*.parquet"))) < 2:
        time.sleep(0.02)
    assert killed.poll() is None, "the sweep was over before it could be killed"
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert 2 <= len(list(cells.glob("*.parquet"))) < 8
    wellhead.recursion.resume(tmp_path / "killed", workers=1)
    assert bits(tmp_path / "killed") == bits(tmp_path / "whole")


def test_many_chains_show_how_far_they_are_before_the_first_of_them_is_done(tmp_path):
    """A terminal sees the generations count up while cells of many chains run."""
    config = tmp_path / "many.toml"
    config.write_text(SWEEP)
    own, its = pty.openpty()
    running = subprocess.Popen(
        [*COMMAND, str(config), "--workers", "1", "--set", "regime.name=replace"],
        cwd=tmp_path,
        stderr=its,
        stdout=subprocess.DEVNULL,
    )
    os.close(its)
    seen = b""
    with contextlib.suppress(OSError):  # the other end closes when the run ends
        while part := os.read(own, 4096):
            seen += part
    os.close(own)
    assert running.wait() == 0
    counted = {int(n) for n in re.findall(rb"(\d+)/160", seen)}
    assert counted & set(range(159))


@pytest.mark.parametrize(
    "regime", ["replace", "accumulate-subsample", {"name": "shared-web", "models": 3}]
)
def test_what_the_refusal_of_many_chains_names_runs_and_has_as_many(regime, monkeypatch):
    """Of literal items fewer chains fit; ecosystems stay whole."""
    monkeypatch.setattr("wellhead.recursion.setting.MOST_BYTES", 320_000)
    monkeypatch.setattr("wellhead.recursion.setting.AT_ONCE", 400)
    table = SMALL | {"regime": regime}
    with pytest.raises(BadSetting, match="lower chains and raise seeds") as refused:
        wellhead.collapse(table | {"chains": 1500})
    named = {key: int(n) for key, n in re.findall(r"--set (\w+)=(\d+)", str(refused.value))}
    run = wellhead.collapse(table, changes=named)
    assert run.cells == (named["seeds"], named["seeds"])
    assert 1500 <= named["chains"] * named["seeds"] < 1500 + named["chains"]
    with pytest.raises(BadSetting, match="lower size or generations"):
        wellhead.collapse(table | {"regime": "accumulate-subsample", "size": 9_000, "chains": 1})


def test_of_very_many_chains_the_means_are_of_all_and_the_rows_of_some(monkeypatch, tmp_path):
    table = SMALL | {"chains": 400}
    whole = wellhead.collapse(table)
    assert "Means are over all chains" not in shown(whole)
    monkeypatch.setattr("wellhead.recursion.kept.MOST_CHAINS", 100)
    thin = wellhead.collapse(table, out=tmp_path / "run")
    assert (len(whole.table), len(thin.table)) == (5 * 800, 5 * 100)
    for measure in ("variance", "mean_square_error", "log_variance"):
        for all_of_it, some in zip(
            whole.curve(measure, "replace", "mean"),
            thin.curve(measure, "replace", "mean"),
            strict=True,
        ):
            assert some == pytest.approx(all_of_it, rel=1e-9, abs=1e-12)
            assert some.chains == 800
    median = thin.curve("variance", "replace", "median")[-1]
    assert median.chains == 100
    assert median.low <= whole.curve("variance", "replace", "median")[-1].value <= median.high
    assert "100 chains" in thin.verdicts("replace")[0].reason
    assert "n = 100 chains" in thin.page().to_markdown()
    for said in (thin.page().to_markdown(), wellhead.recursion.Run.load(tmp_path / "run")):
        text = said if isinstance(said, str) else shown(said)
        assert "Means are over all chains" in " ".join(text.split())


def test_no_mean_is_given_of_chains_of_which_one_without_a_row_is_beyond_numbers(monkeypatch):
    monkeypatch.setattr("wellhead.recursion.kept.MOST_CHAINS", 1)
    table = SMALL | {"size": 2, "generations": 360, "every": 360, "chains": 60, "seeds": 1}
    run = wellhead.collapse(table)
    assert np.isfinite(run.values("log_variance", "replace", 360)).all()
    with pytest.raises(BadSetting, match="beyond the range of numbers"):
        run.curve("log_variance", "replace", "mean")
    assert run.curve("log_variance", "replace")[-1].chains == 1


def test_the_config_in_a_run_folder_runs_the_same_experiment_again(tmp_path):
    wellhead.collapse(SMALL, out=tmp_path / "first")
    wellhead.collapse(tmp_path / "first" / "config.toml", out=tmp_path / "second")
    assert bits(tmp_path / "first") == bits(tmp_path / "second")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"regime": "acumulate"}, "did you mean 'accumulate'"),
        ({"generation": 3}, "did you mean 'generations'"),
        ({"lineages": 3}, "did you mean 'chains'"),
        ({"regime": {"name": "fresh-real", "share": 1.5}}, r"share in \[0, 1\], got 1.5"),
        ({"regime": {"name": "fresh-real", "shares": 0.5}}, "did you mean 'share'"),
        ({"size": 1}, "more than 1 samples"),
        ({"size": "many"}, "size: expected a whole number"),
        ({"generations": 0}, "at least 1 generation"),
        ({"seeds": 0}, "seeds: expected at least 1"),
        ({"chains": 100_000_000}, "lower chains and raise seeds, which .* show how far they are"),
        ({"sampler": "top-k"}, "cannot draw with the sampler 'top-k'"),
        ({"regime": "accumulate", "selector": "oracle"}, "cannot be refilled"),
        ({"regime": "growing", "schedule": "constant"}, "needs a schedule that grows"),
        ({"selector": {"name": "oracle", "tpr": 1.0}}, "keeps nothing"),
        ({"schedule": {"name": "sizes", "values": [5, 5]}}, "4 fits need 4 sizes, got 2"),
        ({"family": {"name": "gaussian", "ddof": 2}}, "expected ddof 0 or 1, got 2"),
        ({"sweep": {"size": 3}}, "expected a list of values"),
        ({"settings": [{"label": "a"}, {"label": "a"}]}, "used twice"),
    ],
    ids=lambda value: str(next(iter(value))) if isinstance(value, dict) else None,
)
def test_bad_settings_are_refused_with_what_was_expected(change, words):
    with pytest.raises(BadSetting, match=words):
        wellhead.collapse(SMALL | change)


def test_a_folder_of_another_layout_or_version_is_left_alone(tmp_path):
    wellhead.collapse(SMALL, out=tmp_path / "run")
    before = bits(tmp_path / "run")
    manifest = tmp_path / "run" / "run.json"
    found = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(found | {"wellhead": "0.0.1"}))
    next((tmp_path / "run" / "cells").iterdir()).unlink()
    with pytest.raises(BadInput, match=r"begun by wellhead 0\.0\.1"):
        wellhead.recursion.resume(tmp_path / "run")
    manifest.write_text(json.dumps(found | {"layout": 99}))
    with pytest.raises(BadInput, match="layout 99"):
        wellhead.recursion.resume(tmp_path / "run")
    assert bits(tmp_path / "run").items() <= before.items()


def test_a_folder_with_another_run_is_not_overwritten(tmp_path):
    wellhead.collapse(SMALL, out=tmp_path)
    with pytest.raises(BadSetting, match="holds another run"):
        wellhead.collapse(SMALL, out=tmp_path, seed=9)


def test_a_folder_whose_run_has_other_words_alone_is_gone_on_with(tmp_path):
    """Such as one from before experiments said which measure they are about."""
    wellhead.collapse(SMALL, out=tmp_path)
    before = bits(tmp_path)
    wellhead.collapse(SMALL | {"headline": "variance", "about": "Anew."}, out=tmp_path)
    assert bits(tmp_path) == before


def test_a_full_disk_stops_the_run_and_loses_nothing(tmp_path):
    """A limit on the size of files stands for the disk: writing fails at the same places."""
    config = tmp_path / "sweep.toml"
    config.write_text(SWEEP)
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000));"
        "from wellhead.cli import main; main(sys.argv[1:])"
    )
    full = subprocess.run(
        [sys.executable, "-c", code, *COMMAND[3:], str(config), "--out", "run", "--workers", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert full.returncode == 5
    assert "cannot write to run" in full.stderr
    assert "resume with" in full.stderr
    assert not list((tmp_path / "run").rglob("*.tmp"))
    resumed = wellhead.recursion.resume(tmp_path / "run", workers=1)
    assert resumed.cells == (8, 8)


def test_the_mean_of_a_tail_mass_is_refused_with_the_reason():
    result = wellhead.collapse(SMALL)
    with pytest.raises(BadSetting, match="conserved while almost every chain loses it"):
        result.curve("tail_mass", "replace", statistic="mean")
    assert result.curve("tail_mass", "replace")[-1].value < 0.0455


def test_the_mean_of_a_variance_is_refused_once_rare_chains_decide_it():
    long = SMALL | {"generations": 100, "size": 10, "chains": 500, "every": 10}
    result = wellhead.collapse(long)
    with pytest.raises(BadSetting, match="chains too rare to be simulated"):
        result.curve("variance", "replace", statistic="mean")
    assert wellhead.collapse(SMALL).curve("variance", "replace", statistic="mean")


@pytest.mark.parametrize(("statistic", "few"), [("mean", 1), ("geometric", 1), ("median", 5)])
def test_too_few_chains_give_a_value_and_no_interval(statistic, few):
    """The range of five holds the median in 94 % of cases, that of six in 97 %."""
    values = np.arange(1.0, 8.0)
    point = summarise("variance", 1, values[:few], statistic)
    assert np.isfinite(point.value)
    assert np.isnan([point.low, point.high]).all()
    assert summarise("variance", 1, values[: few + 1], statistic).low < point.value + 1


def test_a_report_of_one_repetition_claims_no_interval():
    table = {"family": "gaussian", "regime": "replace", "size": 20, "generations": 2}
    assert "95 % interval of it" not in wellhead.collapse(table | {"chains": 1})._repr_html_()
    assert "95 % interval of it" in wellhead.collapse(table | {"chains": 9})._repr_html_()


def test_a_report_of_an_unfinished_run_says_what_is_missing(tmp_path):
    table = SMALL | {"seeds": 1, "settings": [{"label": "a"}, {"label": "b", "size": 30}]}
    wellhead.collapse(table, out=tmp_path / "run")
    (tmp_path / "run" / "cells" / "001-b-00.parquet").unlink()
    found = wellhead.recursion.Run.load(tmp_path / "run")
    assert {verdict.word for verdict in found.verdicts("b")} == {"not measurable"}
    assert "1 of 2 cells" in found._repr_html_()
    assert found.to_dict()["complete"] is False


def test_the_interval_of_a_median_covers_it_as_often_as_it_says():
    rng = np.random.default_rng(5)
    points = [summarise("variance", 1, rng.lognormal(size=25)) for _ in range(2000)]
    assert np.mean([point.low <= 1 <= point.high for point in points]) > 0.94


def test_run_list_and_json_on_the_command_line(wellhead, tmp_path):
    listed = json.loads(wellhead("collapse", "list", "--json").stdout)
    assert "shumailov-paper" in [preset["name"] for preset in listed["presets"]]
    config = tmp_path / "small.toml"
    config.write_text('family="gaussian"\nregime="replace"\nsize=20\ngenerations=3\nchains=9\n')
    ran = wellhead("collapse", "run", config, "--set", "regime.name=accumulate", "--json")
    assert ran.returncode == 0, ran.stderr
    curves = json.loads(ran.stdout)["curves"]["accumulate"]
    assert [point["generation"] for point in curves["variance"]] == [0, 1, 2, 3]


def test_the_terminal_has_a_number_for_every_family(capsys):
    symbols = {"name": "discrete", "symbols": 9}
    settings = [{"label": "bell"}, {"label": "letters", "family": symbols}]
    show(wellhead.collapse(SMALL | {"headline": "variance", "settings": settings, "seeds": 1}))
    row = next(line for line in capsys.readouterr().out.splitlines() if "letters" in line)
    assert any(cell.strip()[:1].isdigit() for cell in row.split("│")[3:])


def test_a_change_that_no_setting_would_see_is_refused():
    with pytest.raises(BadSetting, match="would change nothing"):
        wellhead.recursion.make_plan("gerstgrasser", changes={"regime": "acumulate"})
    plan = wellhead.recursion.make_plan(
        "gerstgrasser", changes={"size": 200, "family.inputs": "same"}
    )
    assert plan.settings[0].size == 200


def test_a_swept_key_is_narrowed_by_a_change():
    plan = wellhead.recursion.make_plan("golden-ratio", changes={"regime.weight": 0.3})
    assert [setting.label for setting in plan.settings] == ["weight 0.3"]
    kazdan = wellhead.recursion.make_plan("kazdan", changes={"regime.name": "accumulate"})
    assert {setting.name_of("regime") for setting in kazdan.settings} == {"accumulate"}
    plainer = wellhead.recursion.make_plan("kazdan", changes={"regime": "accumulate"})
    assert plainer == kazdan
    some = wellhead.recursion.make_plan("golden-ratio", changes={"regime.weight": [0.3, 0.5]})
    assert [setting.label for setting in some.settings] == ["weight 0.3", "weight 0.5"]


def test_every_key_of_a_plan_survives_the_round_trip():
    table = SMALL | {"selector": "oracle", "regime": {"name": "fresh-real", "share": 0.3}}
    assert plan(plan(table).to_dict()) == plan(table)


def test_a_change_reaches_parts_that_only_the_settings_name():
    """The presets `mad` and `suresh` leave the regime, or the family, to their settings."""
    mad = preset("mad")
    with pytest.raises(BadSetting, match="every setting or the sweep has its own regime"):
        plan(mad, changes={"regime.share": 0.2})
    with pytest.raises(BadSetting, match="unknown setting of family 'ddof'"):
        plan(preset("suresh"), changes={"family.ddof": 0})
    found = plan(mad, changes={"family.dimension": 2, "generations": 7})
    assert {setting.family.dimension for setting in found.settings} == {2}


LOOKED_AT = """
import os
from wellhead.recursion import Run
from wellhead.recursion.config import plan
import numpy, pyarrow
table = {"family": "gaussian", "regime": "replace", "size": 20, "generations": 4, "chains": 50}
number = numpy.arange(250)
columns = {"setting": ["replace"] * 250, "repetition": 0 * number, "chain": number % 50}
columns |= {"generation": number // 50, "variance": 1.0 + number}
run = Run(plan(table), pyarrow.table(columns), "", 0.0, (1, 1))
before = len(os.listdir("/proc/self/task"))
run.values("variance", "replace", 4), run.curve("variance", "replace"), run.verdicts("replace")
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted on Linux")
def test_looking_at_a_result_starts_no_threads():
    """A thread of Arrow that frees an array while Python ends aborts the process: exit code -6."""
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    found = subprocess.run(
        [sys.executable, "-c", LOOKED_AT], env=os.environ | alone, capture_output=True, check=True
    )
    assert int(found.stdout) == 0
