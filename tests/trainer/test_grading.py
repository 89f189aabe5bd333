"""Grading: a point for each component, and commands by what they mean."""

import pytest

from acrlab.trainer import commands, grading
from acrlab.trainer.bank import Bank
from tests.trainer.answers import right, wrong


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_right_earns_all_and_wrong_earns_nothing(seed: int, bank: Bank) -> None:
    for question in bank:
        variant = bank.instance(question.id, seed)
        full, none = grading.grade(variant, right(variant)), grading.grade(variant, wrong(variant))
        assert full.right and full.points == variant.points > 0, question.id
        assert none.points < full.points and not none.right, question.id
        assert all(reason for part in none.parts for reason in part.because), question.id
        assert grading.grade(variant, {}).points == 0, question.id


def test_parts_are_paid_one_by_one(bank: Bank) -> None:
    variant = bank.instance("errors/what-the-codes-mean", 0)
    answer = {**wrong(variant), "2": right(variant)["2"], "4": right(variant)["4"]}
    assert (grading.grade(variant, answer).points, variant.points) == (2, 4)


def test_choosing_everything_earns_nothing(bank: Bank) -> None:
    variant = bank.instance("roles/who-may-pull", 0)
    everything = [each.key for each in variant.parts[0].options]
    assert grading.grade(variant, {"1": everything}).points == 0
    assert grading.grade(variant, {"1": right(variant)["1"][:2]}).points == 2
    assert grading.complaint(variant, {"1": everything}) == "choose exactly 3"
    assert grading.complaint(variant, {"1": ["a", "a", "b"]}) == "a choice stands twice"
    assert grading.complaint(variant, {"1": ["q"]}) == "q is none of the choices"


SAME = [
    "az acr update --name contoso --admin-enabled true",
    "az acr update -n contoso --admin-enabled",
    "  $ az acr update   --admin-enabled TRUE --name=contoso",
    "az acr update --name 'contoso' --admin-enabled \"true\" --output table",
    "az acr update \\\n  --name contoso \\\n  --admin-enabled true",
    "AZ ACR update –name contoso —admin-enabled true",
]


@pytest.mark.parametrize("text", SAME)
def test_the_same_command_in_other_words(text: str) -> None:
    assert commands.read(text).difference(commands.read(SAME[0])) == ""


OTHER = {
    "az acr update --name fabrikam --admin-enabled true": "the value of --name is another one",
    "az acr update --name contoso": "1 needed option is missing",
    "az acr create --name contoso --admin-enabled true": "another command",
    "az acr update --name contoso --admin-enabled true --sku Basic": "--sku does not belong here",
    "": "another command",
}


@pytest.mark.parametrize("text", OTHER)
def test_another_command_is_told_from_it(text: str) -> None:
    assert OTHER[text] in commands.read(text).difference(commands.read(SAME[0]))


def test_names_keep_their_case() -> None:
    assert commands.read("az acr repository untag -n r --image App:v1").difference(
        commands.read("az acr repository untag -n r --image app:v1")
    )


def test_a_known_mistake_is_answered_with_its_reason(bank: Bank) -> None:
    variant = bank.instance("cleanup/one-name-too-many", 0)
    app, registry = variant.names["app"], variant.names["registry"]
    grade = grading.grade(variant, {"1": [f"az acr repository delete -n {registry} -t {app}:beta -y"]})
    assert not grade.right and grade.parts[0].because[0].startswith("delete removes the manifest behind the tag")
    open_quote = grading.grade(variant, {"1": ["az acr 'repository"]})
    assert "a quote is not closed" in open_quote.parts[0].because[0]
