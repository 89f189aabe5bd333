"""Authors' mistakes are told in sentences with their place, and one bad file never stops the others."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

from acrlab.trainer import bank as banks
from acrlab.trainer import facts, source
from acrlab.trainer.bank import Bank
from acrlab.trainer.draws import POOLS, drawn

GOOD = """\
kind: single
title: A title
objectives: [registry.tiers]
level: 1
ask: Which one?
choices:
  - say: This
    right: yes
    because: It is.
    oracle: [{fact: {lowest: geo_replication}, is: Premium}]
  - say: That
    because: It is not.
    oracle: [{fact: {lowest: geo_replication}, is: Basic}]
    fails: {at: fact}
oracle: {fails: {at: fact}}
sources:
  - {title: A page, url: "https://learn.microsoft.com/x", date: 2026-01-01}
review_by: 2027-01-01
"""
# What is replaced in the good file, by what, and what the author is told.
MISTAKES = {
    "no because": ("    because: It is not.\n", "", "tiers/x.yaml, choice 2: no because"),
    "a slip": (
        "because: It is not",
        "becuase: It is not",
        "tiers/x.yaml, choice 2: unknown key becuase (did you mean because?)",
    ),
    "nothing right": ("    right: yes\n", "", "tiers/x.yaml: no choice is marked right"),
    "two right": ("say: That", "say: That\n    right: yes", "tiers/x.yaml: 2 choices are marked right"),
    "maybe": ("right: yes", "right: maybe", "tiers/x.yaml, choice 1, right: must be yes or no"),
    "the same twice": ("say: That", "say: This", "tiers/x.yaml, choice 2: says the same as choice 1"),
    "no level": ("level: 1\n", "", "tiers/x.yaml: no level"),
    "level 4": ("level: 1", "level: 4", "tiers/x.yaml, level: must be a whole number from 1 to 3"),
    "unknown kind": ("kind: single", "kind: singel", "tiers/x.yaml: 'singel' is no kind: use one of single"),
    "unknown objective": (
        "registry.tiers",
        "registry.teirs",
        "objective 1: there is no objective registry.teirs (did you mean registry.tiers?)",
    ),
    "a bad date": ("date: 2026-01-01", "date: 1.1.2026", "source 1, date: must be a date such as 2026-11-23"),
    "a date to come": ("date: 2026-01-01", "date: 2026-13-01", "source 1, date: must be a date"),
    "review before source": ("review_by: 2027", "review_by: 2025", "review_by: must be later than its newest source"),
    "plain http": ("https://", "http://", "source 1, url: must begin with https://"),
    "no list": (
        "[registry.tiers]",
        "registry.tiers",
        "objectives: must be a list: one item a line, a dash before each",
    ),
    "unknown name": ("Which one?", "Which {thing}?", "tiers/x.yaml: {thing} stands for nothing"),
    "unknown fact": ("say: That", 'say: "{limit: webhoks, tier: Basic}"', "there is no limit webhoks"),
    "unknown tier": ("say: That", 'say: "{limit: webhooks, tier: Gold}"', "there is no tier Gold"),
    "unknown verb": (
        "[{fact: {lowest: geo_replication}, is: Basic}]",
        "[{fakt: x}]",
        "choice 2, oracle step 1: unknown verb fakt (did you mean fact?)",
    ),
    "strange failing": (
        "fails: {at: fact}\noracle",
        "fails: {because: no}\noracle",
        "choice 2, fails: unknown key because",
    ),
    "a colon": ("ask: Which one?", "ask: Which: one?", "line 5: a text that holds a colon and a blank needs quotes"),
    "a tab": ("  - say: That", "\t- say: That", "indent with blanks, never with tabs"),
    "an open quote": ("ask: Which one?", 'ask: "Which one?', "quote"),
    "a key twice": ("level: 1", "level: 1\nlevel: 2", "line 5: the key level stands twice"),
    "an anchor": ("ask: Which", "ask: &a Which", "anchors (&) and aliases (*) are not used here"),
    "a tag": ("ask: Which", "ask: !!python/object/apply:os.system Which", "tags (!) are not used here"),
    "lazy": ("say: That", "say: All of the above", "choice 2: say what is meant instead of"),
    "empty": ("say: That", 'say: ""', "choice 2, say: is empty"),
    "no case": ("level: 1", "level: 1\ncase: cases/none", "case: there is no case cases/none"),
}  # fmt: skip


def _load(folder: Path, text: str, name: str = "tiers/x.yaml") -> Bank:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return banks.load(folder)


def test_the_good_file_is_good(tmp_path: Path) -> None:
    found = _load(tmp_path, GOOD)
    assert found.mistakes == () and list(found.questions) == ["tiers/x"]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    old, new, told = MISTAKES[name]
    assert old in GOOD
    _load(tmp_path, GOOD, "tiers/beside.yaml")
    found = _load(tmp_path, GOOD.replace(old, new))
    assert told in "\n".join(map(str, found.mistakes))
    assert list(found.questions) == ["tiers/beside"]


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "just words", "\x00", "a: " + "[" * 5000, "x" * 70_000, "{a: b}: c"]
)
def test_no_text_makes_the_bank_fall_over(text: str, tmp_path: Path) -> None:
    _load(tmp_path, GOOD, "tiers/beside.yaml")
    found = _load(tmp_path, text)
    assert [each.path for each in found.mistakes] == ["tiers/x.yaml"]
    assert list(found.questions) == ["tiers/beside"]


def test_the_registry_of_a_task_has_a_drawn_name(tmp_path: Path) -> None:
    """Its proof would hold in an empty world, and its start fail in a learner's, who may have one of that name."""
    text = (banks.FOLDER / "cleanup" / "tidy-up-for-real.yaml").read_text("utf-8")
    assert not _load(tmp_path, text, "cleanup/good.yaml").mistakes
    assert '- {registry: "{registry}"}' in text
    found = _load(tmp_path, text.replace('- {registry: "{registry}"}', "- {registry: tidyup}"), "cleanup/x.yaml")
    told = str(found.mistakes[0])
    assert "cleanup/x.yaml, oracle, start 1" in told and "a learner may have tidyup already" in told


def test_a_file_in_the_wrong_place_is_named(tmp_path: Path) -> None:
    assert "a file lies in its topic's folder" in str(_load(tmp_path, GOOD, "Tiers.yaml").mistakes[0])


def test_texts_stay_as_they_are_written() -> None:
    assert source.read("a: 1.10\nb: no\nc: 2026-01-01\nd: 0x10") == {
        "a": "1.10",
        "b": "no",
        "c": "2026-01-01",
        "d": "0x10",
    }


def test_the_schema_is_the_table_the_files_are_checked_with() -> None:
    kept = json.loads((banks.FOLDER.parent / "schema.json").read_text("utf-8"))
    assert kept == json.loads(json.dumps(banks.schema())), "write schema.json anew from bank.schema()"


def test_the_schema_takes_every_question() -> None:
    schema = banks.schema()
    check = jsonschema.validators.validator_for(schema)(schema)
    for path in banks.FOLDER.rglob("*.yaml"):
        found = json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8")), default=str))
        check.validate(found)


def test_the_example_of_the_guide_is_a_question(tmp_path: Path) -> None:
    guide = (banks.FOLDER / "README.md").read_text("utf-8")
    example = guide.split("```yaml\n", 1)[1].split("```", 1)[0]
    assert _load(tmp_path, example).mistakes == ()


def test_variants_differ_and_repeat(bank: Bank) -> None:
    seen = {bank.instance("locks/protect-a-release", seed).ask for seed in range(30)}
    assert len(seen) > 20
    assert bank.instance("names/where-to-push", 4) == bank.instance("names/where-to-push", 4)


def test_two_draws_of_a_pool_are_never_the_same() -> None:
    draw = {"one": "a person", "other": "a person", "third": "a person"}
    assert all(len(set(drawn("x", seed, draw, ()).values())) == 3 for seed in range(200))
    assert len(POOLS["a person"]) == len(set(POOLS["a person"]))


def test_every_choice_has_a_reason(bank: Bank) -> None:
    silent = [each.id for each in bank for part in each.parts for choice in part.choices if not choice.because]
    assert silent == []


def test_stale_questions_are_known(bank: Bank, tmp_path: Path) -> None:
    assert bank.stale("2026-11-23") == []
    assert len(bank.stale("2099-01-01")) == len(bank)


def test_facts_say_what_they_know() -> None:
    assert facts.fill("{limit: included_storage, tier: {t}}", {"t": "Basic"}, "current-2026") == "10 GiB"
    assert facts.fill("{{x}}", {}, "current-2026") == "{x}"
    with pytest.raises(facts.FactUnknown, match="price registry is known"):
        facts.fill("{price: registry, tier: Basic}", {}, "current-2026")
    with pytest.raises(facts.FactUnknown, match="exam-classic has no rate WriteOps of one identity"):
        facts.fact({"pace": "WriteOps", "tier": "Basic"}, "exam-classic")
    one, three = (facts.fact({"spread": each, "tier": "Premium"}, "current-2026") for each in "13")
    assert float(three.split()[0]) == pytest.approx(3 * float(one.split()[0]), abs=0.02)


def test_the_bank_reads_a_copy_of_itself_anywhere(tmp_path: Path, bank: Bank) -> None:
    shutil.copytree(banks.FOLDER, tmp_path / "copy")
    assert banks.load(tmp_path / "copy").questions == bank.questions
