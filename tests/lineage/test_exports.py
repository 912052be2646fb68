"""Exports: other people's validators accept them, and no changed byte or parent passes."""

from __future__ import annotations

import json
import re

import pytest

from tests.lineage.families import people, three_generations
from wellhead.errors import BadInput, BadSetting
from wellhead.lineage import About, HumanShare, Origin, add, init
from wellhead.lineage.exports import FORMATS, EuFacts, Facts, export, read_facts, wrong
from wellhead.lineage.exports.croissant import dangling
from wellhead.lineage.exports.eu import MACHINE_SHARE
from wellhead.lineage.exports.oasis import wrong_in_oasis

FACTS = Facts(
    publisher="Example Lab",
    namespace="https://lab.example/",
    location="https://lab.example/data.json",
    country="Austria",
    purpose="Research on recursive training.",
    purpose_code="research",
)


@pytest.fixture
def family(tmp_path):
    return three_generations(tmp_path / "f")


@pytest.mark.parametrize("format", FORMATS)
def test_a_changed_byte_or_parent_is_refused_in_every_format(family, format):
    store, ids = family
    text = export(store, ids[-1], format, facts=FACTS)
    assert wrong(store, ids[-1], format, text, facts=FACTS) == []
    digest = store.read(ids[-1]).files[0].sha256
    assert digest in text or format == "eu"
    parent = ids[-2] if format != "eu" else ids[-2][:12]
    assert parent in text
    changed = parent[:-1] + ("0" if parent[-1] != "0" else "1")
    assert wrong(store, ids[-1], format, text.replace(parent, changed, 1), facts=FACTS)
    assert wrong(store, ids[-1], format, text.replace("10 rows", "11 rows"), facts=FACTS)
    other = ("0" if digest[0] != "0" else "1") + digest[1:]
    if format != "eu":
        assert wrong(store, ids[-1], format, text.replace(digest, other), facts=FACTS)


def test_mlcroissant_accepts_the_croissant_and_refuses_a_broken_one(tmp_path, family):
    mlcroissant = pytest.importorskip("mlcroissant", reason="needs wellhead[test]")
    store, ids = family
    for id in ids:
        found = json.loads(export(store, id, "croissant", facts=FACTS))
        dataset = mlcroissant.Dataset(jsonld=found)
        assert dataset.metadata.ctx.issues.errors == set()
        assert dangling(found) == []
    (record_set,) = dataset.metadata.record_sets
    (root,) = record_set.annotations
    assert root.name == "root_id"
    assert "hadPrimarySource" in str(root.equivalentProperty)
    found["recordSet"][0]["field"][0]["source"]["fileObject"]["@id"] = "nowhere"
    assert dangling(found) == ["nowhere"]
    with pytest.raises(Exception, match="nowhere"):
        mlcroissant.Dataset(jsonld=found)


def test_dangling_parents_are_found_where_mlcroissant_does_not_look(family):
    store, ids = family
    found = json.loads(export(store, ids[-1], "croissant"))
    found["recordSet"][0]["prov:wasDerivedFrom"] = [{"@id": "urn:sha256:0"}]
    assert dangling(found) == ["urn:sha256:0"]


def test_the_strict_validator_of_cyclonedx_accepts_the_bom_and_refuses_a_broken_one(family):
    pytest.importorskip("cyclonedx", reason="needs wellhead[test]")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    store, ids = family
    validator = JsonStrictValidator(SchemaVersion.V1_7)
    text = export(store, ids[-1], "cyclonedx")
    assert validator.validate_str(text) is None
    bom = json.loads(text)
    refs = {each["bom-ref"] for each in bom["components"]}
    assert all(set(each["dependsOn"]) <= refs for each in bom["dependencies"])
    newest = next(each for each in bom["components"] if each["version"] == ids[-1])
    assert [each["version"] for each in newest["pedigree"]["ancestors"]] == [ids[-2]]
    models = [each for each in bom["components"] if each["type"] == "machine-learning-model"]
    assert models[0]["modelCard"]["modelParameters"]["datasets"] == [
        {"ref": f"urn:sha256:{ids[-2]}"}
    ]
    assert validator.validate_str(text.replace(ids[-1], "no hash")) is not None


def test_the_oasis_fields_are_asked_for_and_checked_beyond_the_schema(family):
    store, ids = family
    with pytest.raises(BadSetting, match="publisher, namespace, location, country, purpose"):
        export(store, ids[-1], "oasis")
    found = json.loads(export(store, ids[-1], "oasis", facts=FACTS))
    assert wrong_in_oasis(found) == []
    assert wrong_in_oasis({**found, "use": {}}) == ["use.intended-purpose: missing"]
    found["provenance"]["sub-provenance"]["date"] = "2999-01-01"
    assert "from what was made later" in wrong_in_oasis(found)[0]


def test_the_card_is_yaml_that_no_name_can_leave(tmp_path):
    yaml = pytest.importorskip("yaml")
    store = init(tmp_path / "store")
    name = 'evil"\n---\n<script>|*x*'
    id = add(store, [people(tmp_path)], writers="people", about=About(name=name))
    text = export(store, id, "huggingface")
    head, body = re.fullmatch(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL).groups()
    assert yaml.safe_load(head)["pretty_name"] == name
    assert "<script>|" not in body.replace("\\", "\0")


def test_the_eu_summary_gives_the_machine_share_of_crawled_text_with_its_interval(tmp_path):
    store = init(tmp_path / "store")
    share = HumanShare(low=0.7, high=0.9, point=0.8, method="wellhead assay")
    about = About(origin=Origin(kind="crawled", source="the web"), human_share=share)
    id = add(store, [people(tmp_path)], writers="unknown", about=about)
    text = export(store, id, "eu", facts=FACTS)
    assert f"{MACHINE_SHARE}, people: 10 % to 30 %, best estimate 20 % (95 % interval" in text
    bare = add(store, [people(tmp_path)], writers="unknown", about=About(origin=about.origin))
    assert f"{MACHINE_SHARE}, people: not measured" in export(store, bare, "eu")


def test_the_eu_summary_has_the_sections_of_the_template_in_its_order(family):
    store, ids = family
    text = export(store, ids[-1], "eu", facts=FACTS)
    numbers = re.findall(r"^#+ ([\d.]+) ", text, re.MULTILINE)
    sections = "1. 1.1. 1.2. 1.3. 2. 2.1. 2.2. 2.2.1. 2.2.2. 2.3. 2.4. 2.5. 2.6. 3. 3.1. 3.2. 3.3."
    assert numbers == sections.split()


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (999_999_999, "Less than 1 billion tokens"),
        (10**9, "1 billion to 10 trillion tokens"),
        (10**13, "More than 10 trillion tokens"),
        (None, "to be filled in by the provider"),
    ],
)
def test_the_eu_summary_gives_training_data_size_in_the_ranges_of_the_template(
    family, tokens, words
):
    store, ids = family
    text = export(store, ids[-1], "eu", facts=Facts(eu=EuFacts(tokens=tokens)))
    assert f"- Training data size: {words}\n" in text


def test_the_eu_summary_leaves_open_what_nobody_said_and_takes_the_rest_from_facts(
    family, tmp_path
):
    store, ids = family
    (tmp_path / "facts.toml").write_text(
        'publisher = "Example Lab"\n[eu]\nmodels = ["tiny-1.0"]\nsignatory = false\n'
    )
    text = export(store, ids[-1], "eu", facts=read_facts(tmp_path / "facts.toml"))
    assert "- Provider name and contact details: Example Lab\n" in text
    assert "- Versioned model name(s): tiny-1.0\n" in text
    assert "- Signatory to the Code of Practice: no\n" in text
    assert "- Model dependencies: to be filled in by the provider\n" in text


def test_the_eu_summary_says_that_a_source_of_unknown_origin_must_be_placed(tmp_path):
    store = init(tmp_path / "store")
    id = add(store, [people(tmp_path)], writers="unknown")
    others = export(store, id, "eu").split("### 2.6.")[1].split("## 3.")[0]
    assert "where it came from was not recorded" in others


@pytest.mark.parametrize(
    "told",
    ["publisher = 5", "eu = 3", '[eu]\nmodels = "x"', "[eu]\ntokens = -5", "nope = 1", "x = ["],
)
def test_facts_of_another_kind_are_refused_by_name(tmp_path, told):
    (tmp_path / "facts.toml").write_text(told)
    with pytest.raises(BadInput, match="expected TOML with facts"):
        read_facts(tmp_path / "facts.toml")


def test_days_in_facts_may_be_written_as_toml_has_them(tmp_path):
    (tmp_path / "facts.toml").write_text("[eu]\nplaced = 2026-01-31\n")
    assert read_facts(tmp_path / "facts.toml").eu.placed == "2026-01-31"


def test_an_export_that_is_no_text_is_not_what_the_store_says(family, wellhead, tmp_path):
    store, _ = family
    (tmp_path / "eu.md").write_bytes(b"\xff")
    said = ("export", store.place.path, "gen1", "--format", "eu", "--check", "eu.md")
    done = wellhead("lineage", *said)
    assert done.returncode == 3
    assert "eu.md is not what the store says" in done.stderr
