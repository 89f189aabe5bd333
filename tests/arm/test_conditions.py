import pytest

from acrlab.domain import conditions
from acrlab.domain.authorization_errors import ConditionInvalid

READ = "Microsoft.ContainerRegistry/registries/repositories/content/read"
WRITE = "Microsoft.ContainerRegistry/registries/repositories/content/write"
NAME = "@Request[Microsoft.ContainerRegistry/registries/repositories:name]"


def guarded(test: str) -> str:
    """The shape that the portal writes."""
    return f"(\n (\n  !(ActionMatches{{'{READ}'}})\n )\n OR \n (\n  {NAME} {test}\n )\n)"


@pytest.mark.parametrize(
    ("test", "allowed", "refused"),
    [
        ("StringEqualsIgnoreCase 'team/app'", "team/App", "team/app2"),
        ("StringStartsWithIgnoreCase 'backend/'", "Backend/api", "backend2/api"),
        ("StringEquals 'app'", "app", "App"),
        ("StringLike 'a*z'", "a/b/z", "a/b"),
        ("ForAnyOfAnyValues:StringEqualsIgnoreCase {'one', 'two'}", "two", "three"),
        ("StringNotEquals 'secret'", "open", "secret"),
    ],
)
def test_a_condition_is_about_the_repository(test: str, allowed: str, refused: str) -> None:
    condition = guarded(test)
    conditions.parse(condition)
    assert conditions.allows(condition, READ, allowed)
    assert not conditions.allows(condition, READ, refused)
    assert conditions.allows(condition, WRITE, refused), "the guard leaves other actions alone"
    assert not conditions.allows(condition, READ), "no repository, no match"


def test_no_condition_allows_everything() -> None:
    conditions.parse(None)
    assert conditions.allows("", READ, "anything")


def test_and_binds_tighter_than_or() -> None:
    condition = f"{NAME} StringEquals 'a' OR {NAME} StringEquals 'b' AND {NAME} StringEquals 'c'"
    assert [name for name in "abc" if conditions.allows(condition, READ, name)] == ["a"]


@pytest.mark.parametrize(
    "condition",
    [
        "(",
        "x",
        "§",
        f"{NAME} StringEquals",
        f"{NAME} NumericEquals 'a'",
        f"{NAME} StringEquals 'a' )",
        f"{NAME} StringEquals {'x' * 9000!r}",
        "!" * 60 + f"({NAME} StringEquals 'a')",
        "@Resource[Microsoft.Storage/x:name] StringEquals 'a'",
    ],
)
def test_what_is_not_a_condition_is_refused(condition: str) -> None:
    with pytest.raises(ConditionInvalid):
        conditions.parse(condition)


def test_only_the_known_version() -> None:
    with pytest.raises(ConditionInvalid, match=r"2\.0"):
        conditions.parse(guarded("StringEquals 'a'"), "3.0")
