"""Known evidence against an assumption reaches the headline: nothing is claimed beyond it."""

import json
import sys

import numpy as np
import pytest

import wellhead
from tests.prevalence.prose import SYLLABLES, WORDS, Gauge, texts
from wellhead.corpus.words import reckons
from wellhead.errors import BadInput, UnusableReference
from wellhead.prevalence.kinds import as_people
from wellhead.prevalence.lower_bound import at_least
from wellhead.report.numbers import percent

OTHER = [a + b + c for a in SYLLABLES[:8] for b in SYLLABLES[8:] for c in "lnrst"]


@pytest.fixture
def rng():
    return np.random.default_rng(8)


@pytest.fixture
def human(rng):
    return texts(rng.normal(size=100), "rain")


def assay(*arguments, **options):
    return wellhead.assay(*arguments, **{"detector": Gauge(), **options})


def warned(result):
    return {check.code for check in result.diagnostics if check.severity == "warning"}


def test_people_of_another_kind_are_not_taken_for_machines(rng, human):
    """Everybody's scores lie higher and the words are others: scores alone would say 60 %."""
    corpus = texts(rng.normal(1.5, 1, 200), words=OTHER, sentences=9)
    result = assay(corpus, human=human)
    assert result.withheld.code == "reference-kind"
    assert result.at_least == 0
    assert result.documents.flagged == 0
    assert result.share.low == 0
    assert result.to_dict()["share"]["point"] is None
    said = result.page().lead
    assert "cannot be said" in said
    assert "characters" in said
    assert "Bring 50 to 100 texts" in said
    assert "whichever program" not in said
    assert said.split("\n\n")[0].endswith("given for comparison are of another kind.")
    assert "reference-kind" in warned(result)
    page = result.page().to_markdown()
    assert "Only the upper end of the interval is informative" not in page
    assert "Words and layout say nothing against the reference" not in page
    assert "No text is flagged: the human texts given for comparison are of another kind" in page
    assert "if people had written every text" not in page
    assert "uses the human texts alone" not in page
    with pytest.raises(BadInput, match="cannot be said"):
        wellhead.forecast("replace", assay=result, generations=3)


def test_machine_text_beyond_people_of_any_kind_is_counted_though_the_reference_does_not_fit(
    rng, human
):
    """Other words throughout; but no kind of people that the detector was tried on scores so."""
    corpus = texts(np.concatenate([rng.normal(size=40), rng.normal(8, 1, 160)]), words=OTHER)
    result = assay(corpus, human=human)
    assert result.withheld is None
    assert 0.5 < result.at_least <= 0.8
    assert result.share.low <= 0.8 <= result.share.high
    assert (
        "tried on" in next(c for c in result.diagnostics if c.code == "reference-kind").consequence
    )


def test_people_of_kinds_within_reach_give_no_bound(rng):
    human, claimed = rng.normal(size=100), []
    for seed in range(60):
        kind = rng.normal(rng.uniform(-1, 2), 1, size=150)
        ours = rng.normal(size=100)
        scores = np.concatenate([ours, kind])
        counted = as_people(scores, np.arange(250) >= 100, human, highest=2.0)
        claimed.append(at_least(counted, human, seed=seed) > 0)
    assert np.mean(claimed) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 60)


def test_a_group_of_another_kind_claims_nothing_and_the_others_keep_their_bound(rng, human):
    ours = texts(np.concatenate([rng.normal(size=60), rng.normal(5, 0.5, 60)]), "ours")
    others = texts(rng.normal(1.5, 1, 80), "others", words=OTHER)
    corpus = [{**row, "team": "ours"} for row in ours] + [{**row, "team": "new"} for row in others]
    result = assay(corpus, human=human, group_by="team")
    groups = {group.name: group for group in result.groups}
    assert groups["new"].at_least == 0
    assert groups["new"].share.low == 0
    assert 0.2 < groups["ours"].at_least <= 0.5
    assert groups["ours"].share.covers(0.5)


def test_bounds_are_rounded_down_and_upper_ends_up(rng):
    for value in [*rng.uniform(size=300), *rng.uniform(0, 0.1, 300), 0.0, 0.29, 0.0995, 1.0]:
        low, high = percent(value, down=True), percent(value, up=True)
        assert float(low.split()[0]) <= 100 * value + 1e-7
        assert 100 * value - 1e-7 <= float(high.split()[-2])


def test_a_long_text_where_a_list_is_meant_is_told_so():
    corpus = [f"Text number {i} about rain." for i in range(30)]
    for wrong in ({"human": "x" * 300}, {"machine": "x" * 5000}):
        with pytest.raises(BadInput, match="list of texts"):
            assay(corpus, **wrong)


def test_a_part_of_another_kind_does_not_lift_the_bound(rng, human):
    ours = texts(rng.normal(size=110), "ours")
    others = texts(rng.normal(2.5, 1, 90), "others", words=OTHER)
    result = assay([*ours, *others], human=human)
    assert result.withheld is None
    assert result.at_least < 0.05
    assert result.share.low < 0.05
    assert "reference-kind" in warned(result)


def test_a_part_of_another_kind_does_not_lift_the_bound_where_few_of_its_texts_show_it(rng, human):
    """One word in three or so is another: which texts are of another kind is known of few."""
    ours = texts(rng.normal(size=100), "ours")
    others = texts(rng.normal(1.5, 1, 100), "others", words=[*WORDS, *OTHER[:150]])
    result = assay([*ours, *others], human=human)
    assert result.withheld is None
    assert result.at_least == 0
    assert result.share.low == 0


def test_what_the_detector_does_not_see_opens_the_interval(rng, human):
    ours = texts(rng.normal(size=90), "ours")
    others = texts(rng.normal(size=110), "others", words=OTHER)
    result = assay([*ours, *others], human=human)
    assert result.share.high >= result.unexplained > 0.3
    assert not result.upper_bound_only
    assert "reference-kind" in warned(result)
    assert "nothing tells" in result.page().lead


def test_the_upper_end_allows_for_a_generator_that_no_score_shows(rng, human):
    """All texts score as people's do, and words and layout tell nothing either."""
    result = assay(texts(rng.normal(size=200)), human=human)
    assert result.upper_bound_only
    assert result.if_seen.high < 0.25 < result.share.high < 1
    said = result.page().lead
    for share in (result.if_seen, result.share):
        assert percent(share.high, up=True) in said
    more = assay(texts(rng.normal(size=200)), human=texts(rng.normal(size=200), "storm"))
    assert more.share.high < result.share.high
    told = json.loads(result.to_json())
    assert told["if_seen"]["high"] < told["share"]["high"]


def test_a_report_says_of_each_range_what_it_needs():
    """Few references leave room for everything: the narrower range is said and drawn beside it."""
    rng = np.random.default_rng(9)
    levels = np.concatenate([rng.normal(size=140), rng.normal(0.8, 1, 60)])
    result = assay(texts(levels), human=texts(rng.normal(size=30), "storm"))
    page = result.page()
    seen = percent(result.if_seen.high, up=True)
    assert result.if_seen.high < result.share.high == 1
    assert seen in page.lead
    assert "any number" in page.lead
    assert "All this holds" in page.lead
    assert page.bar.inner == (result.if_seen.low, result.if_seen.high)
    assert "darker part" in page.bar.description
    assert dict(page.facts)["machine-written"] == f"at most {seen} if recognised"
    assert any(line.startswith("Either the detector") for line in result.assumptions)


def test_small_groups_leave_room_for_what_no_score_shows_though_the_whole_rules_it_out(rng, human):
    """Words and layout of many texts tell more than those of few."""
    levels = rng.normal(size=200)
    corpus = [
        {**text, "group": "small" if i < 15 else "large"} for i, text in enumerate(texts(levels))
    ]
    result = assay(corpus, human=human, group_by="group")
    large, small = result.groups
    assert result.if_seen is not None
    assert large.share.high < small.share.high == 1


def test_what_plainly_stands_out_is_by_a_generator_that_the_detector_sees(rng, human):
    levels = np.concatenate([rng.normal(size=100), rng.normal(3, 1, 100)])
    result = assay(texts(levels), human=human)
    assert result.if_seen is None
    assert result.share.covers(0.5)


def test_machine_text_of_the_same_kind_is_still_counted(rng, human):
    corpus = texts(np.concatenate([rng.normal(size=100), rng.normal(2.5, 1, 100)]))
    result = assay(corpus, human=human)
    assert result.withheld is None
    assert 0.2 < result.at_least <= 0.5
    assert result.share.covers(0.5)


def test_labels_carry_a_share_that_a_reference_of_another_kind_cannot(rng, human):
    corpus = texts(rng.normal(1.5, 1, 200), words=OTHER, sentences=9)
    labels = {row["id"]: 0 for row in corpus[::4]}
    result = assay(corpus, human=human, labels=labels)
    assert result.withheld is None
    assert result.share.high < 0.1
    assert result.at_least == 0


GERMAN = """
Der Regen fiel gestern auf das Dach und die Leute in der Stadt gingen nicht hinaus weil es kalt
war aber am Abend kam noch einmal Licht durch die Wolken und alle Kinder waren wieder froh
"""


def test_a_language_that_the_detector_does_not_know_gets_no_share(rng):
    class English(Gauge):
        languages = ("en",)

    human = texts(rng.normal(size=100), "rain", words=GERMAN.split())
    corpus = texts(
        np.concatenate([rng.normal(size=100), rng.normal(3, 1, 100)]), words=GERMAN.split()
    )
    result = assay(corpus, human=human, detector=English())
    assert result.withheld.code == "language"
    assert "de" in result.withheld.reason
    assert 0.2 < result.at_least <= 0.5
    assert result.documents.flagged > 20
    assert "cannot be said" in result.page().lead
    assert assay(corpus, human=human).withheld is None


def test_a_text_in_a_hundred_variants_is_one_piece_of_evidence(rng, human):
    corpus = texts(rng.normal(size=100))
    loud = texts([3.5], "loud")[0]["text"]
    variants = [{"id": f"v{i}", "text": f"{loud} {i}"} for i in range(100)]
    result = assay([*corpus, *variants], human=human)
    assert result.documents.evidence == 101
    assert result.documents.near_duplicates == 99
    assert result.at_least == 0


def test_a_list_of_flagged_texts_says_how_many_distinct_ones_it_has(rng, human):
    people, machines = texts(rng.normal(size=160)), texts(rng.normal(4, 1, 80), "wells")
    copies = [{**machines[0], "id": f"copy-{i}"} for i in range(100)]
    result = assay([*people, *machines, *copies], human=human)
    distinct = result.documents.flagged - 100
    assert 0 < distinct < 100
    page = result.page().to_markdown()
    assert f"They are {distinct} distinct texts; repeats of a text stand in the list once." in page
    assert f"{result.documents.flagged} ({distinct} distinct texts), on average" in page
    assert f"here about {round(0.1 * distinct)}, are texts that people wrote" in page


def test_a_page_says_how_many_flagged_texts_its_table_holds(rng, human):
    people, machines = texts(rng.normal(size=160)), texts(rng.normal(6, 1, 150), "wells")
    result = assay([*people, *machines], human=human)
    assert result.documents.flagged > 100
    page = result.page().to_markdown()
    assert "all are in the table below" not in page
    assert "the first 100 are in the table below, and all are in flagged.csv" in page


def test_documents_without_a_group_are_named_so(rng, human):
    corpus = [
        {**row, "by": ("a", "", None)[i % 3]} for i, row in enumerate(texts(rng.normal(size=90)))
    ]
    assert {one.name for one in assay(corpus, human=human, group_by="by").groups} == {"a", "(none)"}


def test_a_reference_that_is_one_text_in_variants_is_refused(rng):
    one = texts([0.0], "one")[0]["text"]
    variants = [{"id": f"v{i}", "text": f"{one} {i}"} for i in range(200)]
    with pytest.raises(UnusableReference, match="got 1"):
        assay(texts(rng.normal(size=100)), human=variants)


def test_a_near_copy_of_a_document_in_the_reference_is_refused(rng, human):
    corpus = texts(rng.normal(size=60))
    near = [*human, {"id": "near", "text": corpus[0]["text"] + " "}]
    with pytest.raises(UnusableReference, match="also in the corpus"):
        assay(corpus, human=near)


def test_texts_that_corpus_and_reference_share_are_named(rng, human):
    corpus = texts(rng.normal(size=60))
    shared = [{**row, "id": f"shared-{i}"} for i, row in enumerate(corpus[:9])]
    with pytest.raises(UnusableReference, match="9 of the 109") as told:
        assay(corpus, human=[*human, *shared])
    assert "then id 'shared-1', id 'shared-2'" in str(told.value)
    assert "and 3 more" in str(told.value)


def test_the_same_texts_as_human_and_as_machine_reference_are_refused(rng, human):
    with pytest.raises(UnusableReference, match="human reference, too"):
        assay(texts(rng.normal(size=60)), human=human, machine=human)


def test_a_handful_of_documents_gets_p_values_and_no_share(rng, human):
    result = assay(texts(rng.normal(5, 0.2, size=6)), human=human)
    assert result.withheld.code == "few-documents"
    assert result.at_least == 0
    assert result.documents.flagged == 6
    assert "detectability" not in {check.code for check in result.diagnostics}
    assert "single texts are judged below" in result.withheld.bring
    assert result.table["p_value"].null_count == 0


def test_a_handful_of_documents_without_a_reference_is_not_called_judged(rng):
    result = assay(texts(rng.normal(size=6)))
    assert "single texts are judged, too" in result.withheld.bring
    assert "--human" in result.withheld.bring


@pytest.mark.parametrize("share", [0.1, 0.3, 0.8])
def test_no_interval_lies_below_its_own_bound(rng, human, share):
    machines = round(200 * share)
    levels = np.concatenate([rng.normal(size=200 - machines), rng.normal(5, 0.2, machines)])
    result = assay(texts(levels), human=human, group_by="worker")
    assert 0 < result.at_least <= result.share.low
    assert all(group.at_least <= group.share.low for group in result.groups)
    said = result.page().lead
    assert "may also be none" not in said


def test_a_bound_that_the_labels_contradict_is_not_claimed(rng, human):
    corpus = texts(rng.normal(3, 1, 200))
    result = assay(corpus, human=human, labels={row["id"]: 0 for row in corpus[::3]})
    assert result.at_least == 0
    assert "labels-against-reference" in warned(result)


def test_a_template_before_every_text_says_nothing_about_who_wrote_them(rng, human):
    """The sentence lifts every score that holds it; only what stands around it is scored."""

    class Polite(Gauge):
        def score(self, texts):
            return super().score(texts) + [3.0 * ("pleased to answer" in text) for text in texts]

    corpus = texts(rng.normal(size=100))
    for row in corpus:
        row["text"] = "Thank you, I am pleased to answer your question. " + row["text"]
    result = assay(corpus, human=human, detector=Polite())
    assert result.at_least == 0
    assert result.share.low == 0
    note = next(check for check in result.diagnostics if check.code == "shared-passages")
    assert "100 of 100 documents" in note.finding
    assert "pleased to answer" in note.finding


def test_chinese_has_words_and_passages_though_no_spaces(rng, monkeypatch):
    characters = "".join(map(chr, range(0x4E00, 0x5200)))

    def chinese(levels, about):
        rows = texts(levels, about, words=characters, sentences=12)
        return [{**row, "text": row["text"].replace(" ", "")} for row in rows]

    class Close(Gauge):
        def score(self, texts):
            return super().score([text.replace("gauge", "gauge ") for text in texts])

    corpus = chinese(rng.normal(size=80), "河")
    for row in corpus:
        row["text"] = "感谢您的提问，我很高兴为您解答。" + row["text"]
    human = chinese(rng.normal(size=100), "山")

    def said():
        found = assay(corpus, human=human, detector=Close()).diagnostics
        return {check.code: f"{check.finding} {check.consequence}" for check in found}

    counted = said()
    assert "80 of 80 documents" in counted["shared-passages"]
    assert "short-documents" not in counted
    assert "words-reckoned" not in counted
    monkeypatch.setitem(sys.modules, "icu4py", None)
    reckons.cache_clear()
    reckoned = said()
    reckons.cache_clear()
    assert "right within a fifth" in reckoned["words-reckoned"]
    assert "wellhead[languages]" in reckoned["words-reckoned"]
    assert "short-documents" not in reckoned


@pytest.mark.parametrize("harmless", ["🧙\u200d♂️ ran.", "co\u00adoperate.", "\ufeffSo it was."])
def test_emoji_and_soft_hyphens_are_not_called_hidden_characters(rng, human, harmless):
    corpus = texts(rng.normal(size=60))
    corpus[7]["text"] = f"{harmless} {corpus[7]['text']} {harmless}"
    assert "hidden-characters" not in {one.code for one in assay(corpus, human=human).diagnostics}


def test_how_a_word_is_spoken_is_not_called_a_disguise(rng, human):
    corpus = texts(rng.normal(size=60))
    corpus[7]["text"] = f"Dada (/\u02c8d\u0251\u02d0d\u0251\u02d0/). {corpus[7]['text']}"
    assert "look-alikes" not in {one.code for one in assay(corpus, human=human).diagnostics}


HIDDEN = {
    "Cyrillic": ("look-alikes", str.maketrans("aeo", "\u0430\u0435\u043e")),
    "Greek and Armenian": ("look-alikes", str.maketrans("ahu", "\u03b1\u0570\u057d")),
    "no width": ("hidden-characters", {ord("a"): "a\u200b", ord("e"): "e\u200b"}),
}


@pytest.mark.parametrize("letters", HIDDEN)
def test_letters_that_hide_are_folded_before_scoring_and_told(rng, human, letters):
    code, table = HIDDEN[letters]

    class Vowels(Gauge):
        """Blind where plain vowels are missing, as detectors are."""

        def score(self, texts):
            plain = np.array([min(1, text.count("a") / 5) for text in texts])
            return plain * super().score([text.translate(BACK) for text in texts])

    BACK = {0x430: "a", 0x435: "e", 0x43E: "o", 0x3B1: "a", 0x570: "h", 0x57D: "u", 0x200B: None}
    levels = np.concatenate([rng.normal(size=100), rng.normal(4, 0.5, 60)])
    plain = texts(levels)
    hidden = [
        {**row, "text": row["text"].translate(table) if i >= 100 else row["text"]}
        for i, row in enumerate(plain)
    ]
    seen = assay(hidden, human=human, detector=Vowels())
    assert seen.documents.flagged == assay(plain, human=human, detector=Vowels()).documents.flagged
    check = next(check for check in seen.diagnostics if check.code == code)
    assert "60 of 160 documents" in check.finding
    assert seen.diagnostics[0] == check, "evasion is told before all else"
    shown = seen.documents.read.sample
    assert seen.documents.read.characters == (
        assay(plain, human=human, detector=Vowels()).documents.read.characters
    ), "lengths are those of the texts as they are scored"
    assert len(shown) == 3
    assert not any("\u200b" in one.text for one in shown), "texts are shown as they are scored"


def test_a_phrase_that_chat_programs_leave_is_shown(rng, human):
    corpus = texts(rng.normal(size=80))
    corpus[3]["text"] += " As an AI language model, I have no water."
    check = next(c for c in assay(corpus, human=human).diagnostics if c.code == "tells")
    assert "1 of 80 documents" in check.finding
    assert "As an AI language model" in check.finding


class Counting(Gauge):
    def __init__(self):
        self.scored = 0

    def score(self, texts):
        self.scored += len(texts)
        return super().score(texts)


def test_what_was_guessed_of_a_reference_and_what_it_lost_is_said(rng, human):
    asked = [
        {"prompt": f"Write about day {i}.", "answer": row["text"]} for i, row in enumerate(human)
    ]
    result = assay(texts(rng.normal(size=60)), human=[*asked, {"prompt": "Write.", "answer": ""}])
    (said,) = [check.finding for check in result.diagnostics if check.code == "guesses"]
    assert "Human reference: text column 'answer' was chosen" in said
    assert "Human reference: rows that could not be used: 1 empty." in said


def test_a_scored_corpus_is_not_scored_again(rng, human, tmp_path):
    path = tmp_path / "answers.jsonl"
    rows = texts(rng.normal(size=80))
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, *rows]))
    first, second = Counting(), Counting()
    one = assay(str(path), human=human, detector=first, scores=tmp_path / "scores")
    assert first.scored == 180
    two = assay(str(path), human=human, detector=second, command="again")
    assert second.scored == 100, "only the human reference, which has no place for scores"
    assert two.share == one.share
    by_result = Counting()
    wellhead.score(str(path), detector=by_result)
    scored = wellhead.score(str(path), detector=by_result)
    done = by_result.scored
    assay(str(path), human=human, detector=by_result, scores=scored)
    assert by_result.scored == done + 100


def test_scores_of_another_revision_are_refused_when_given_and_passed_over_when_found(
    rng, human, tmp_path
):
    rows = texts(rng.normal(size=60))
    scored = wellhead.score(rows, detector=Gauge())
    later = Counting()
    later.revision = "2"
    with pytest.raises(BadInput, match="score them again"):
        assay(rows, human=human, detector=later, scores=scored)
