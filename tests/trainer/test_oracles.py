"""The answer key of every question is executed, and a wrong key does not get through."""

import msgspec
import pytest

from acrlab.domain import tiers
from acrlab.trainer import bank as banks
from acrlab.trainer import oracle, prove, steps, verbs
from acrlab.trainer.bank import Bank
from acrlab.trainer.bench import Bench
from acrlab.trainer.instance import instance
from acrlab.trainer.question import Question

ALL = list(banks.standard())


def test_the_bank_is_without_mistakes_and_large_enough(bank: Bank) -> None:
    assert [str(each) for each in bank.mistakes] == []
    assert len(bank) >= 44
    assert {each.kind for each in bank} == {"single", "multiple", "series", "order", "match", "fill", "hot", "do"}


@pytest.mark.parametrize("seed", [0, pytest.param(7, marks=pytest.mark.slow)])  # two drawings of names and numbers
@pytest.mark.parametrize("question", ALL, ids=lambda each: each.id)
def test_the_key_is_proven(question: Question, seed: int, benches: dict[str, Bench]) -> None:
    proof = oracle.prove(question, benches[question.profile], seed)
    assert proof.holds, "\n".join(f"{each.claim}: {each.seen}" for each in proof.broken())


def test_a_key_with_its_right_choice_moved_is_broken(bank: Bank, benches: dict[str, Bench]) -> None:
    singles = [each for each in bank if each.kind == "single"]
    for question in singles:
        claims = oracle._proven(instance(_moved(question), 0), benches[question.profile])
        assert not all(each.holds for each in claims), question.id  # the first that breaks is enough


def _moved(question: Question) -> Question:
    """The same question, its mark on the choice after the right one."""
    part = question.parts[0]
    marks = [each.right for each in part.choices]
    moved = [msgspec.structs.replace(each, right=marks[index - 1]) for index, each in enumerate(part.choices)]
    return msgspec.structs.replace(question, parts=(msgspec.structs.replace(part, choices=tuple(moved)),))


def test_an_order_turned_around_is_broken(bank: Bank, bench: Bench) -> None:
    for question in (each for each in bank if each.kind == "order"):
        part = question.parts[0]
        turned = msgspec.structs.replace(part, choices=tuple(reversed(part.choices)))
        assert not oracle.prove(msgspec.structs.replace(question, parts=(turned,)), bench).holds, question.id


def test_a_wrong_reason_is_not_taken(bank: Bank, bench: Bench) -> None:
    question = bank.questions["locks/protect-a-release"]
    part = question.parts[0]
    choices = tuple(
        msgspec.structs.replace(each, fails={"at": "pull", "code": "NAME_UNKNOWN"}) if not each.right else each
        for each in part.choices
    )
    changed = msgspec.structs.replace(question, parts=(msgspec.structs.replace(part, choices=choices),))
    assert len(oracle.prove(changed, bench).broken()) == 3


def test_a_limit_that_changes_changes_the_question(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    from acrlab.data import load

    monkeypatch.setitem(load("tiers")["limit"]["webhooks"]["both"], "Standard", 12)
    tiers._profile.cache_clear()
    try:
        said = {each.say for each in bank.instance("tiers/webhooks-of-standard", 0).parts[0].options}
        assert "12" in said and "10" not in said
        monkeypatch.setitem(load("tiers")["limit"]["webhooks"]["both"], "Standard", 2)
        tiers._profile.cache_clear()
        reread = banks.load()
        assert [
            f"{each.where}: {each.text}" for each in reread.mistakes if each.path == "tiers/webhooks-of-standard.yaml"
        ][:1] == ["choice 2: says the same as choice 1: 2"]
        assert len(reread) >= len(bank) - 2
    finally:
        monkeypatch.undo()
        tiers._profile.cache_clear()


def test_proving_leaves_nothing_behind(bank: Bank, bench: Bench) -> None:
    family = bench._origin.family
    before = len(family), bench._origin.journal.position
    oracle.prove(bank.questions["locks/protect-a-release"], bench)
    assert (len(family), bench._origin.journal.position) == before


def test_every_verb_is_used_or_explained(bank: Bank) -> None:
    guide = (banks.FOLDER / "README.md").read_text("utf-8")
    assert [name for name in verbs.VERBS if f"`{name}" not in guide] == []


def test_the_runner_prints_a_line_for_each_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert prove.main(["names/where-to-push"]) == 0
    assert "proven   names/where-to-push  4 claims" in capsys.readouterr().out


def test_a_step_that_is_no_step_is_named() -> None:
    assert list(steps.check({"psuh": "app:v1"})) == ["unknown verb psuh (did you mean push?)"]
    assert list(steps.check({"push": "app:v1", "txt": "x"})) == ["push takes no txt (did you mean text?)"]
    assert list(steps.check("push app")) == ["must be a step such as `push: app:v1`"]


def test_a_task_is_looked_at_in_state_and_history(bank: Bank, bench: Bench) -> None:
    variant = bank.instance("cleanup/tidy-up-for-real", 3)
    with bench.place() as place:
        assert oracle.prepare(variant, place) == ""
        assert {each[0] for each in oracle.look(variant, place).values()} == {"failed"}
        trip = steps.Trip.at(place, variant.names, variant.question.profile)
        trip.registry = variant.names["registry"]
        for step in variant.question.oracle.solution:
            assert steps.perform(trip, step).ok
        assert [each[0] for each in oracle.look(variant, place).values()] == ["passed"] * 3
        steps.perform(trip, {"update": {"adminUserEnabled": "true"}})
        steps.perform(trip, {"update": {"adminUserEnabled": "false"}})
        assert [each[0] for each in oracle.look(variant, place).values()] == ["passed", "passed", "failed"]
