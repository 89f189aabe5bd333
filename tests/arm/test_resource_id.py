import pytest

from acrlab.domain.arm_errors import LinkedIdInvalid
from acrlab.domain.resource_id import ROOT, parse

S = "/subscriptions/5ab5ab00-0000-4000-8000-00000000ac12"
R = f"{S}/resourceGroups/Lab/providers/Microsoft.ContainerRegistry/registries/Contoso"


@pytest.mark.parametrize(
    ("text", "type", "name"),
    [
        (S, "Microsoft.Resources/subscriptions", S.rpartition("/")[2]),
        (f"{S}/resourceGroups/Lab", "Microsoft.Resources/resourceGroups", "Lab"),
        (R, "Microsoft.ContainerRegistry/registries", "Contoso"),
        (f"{R}/tokens/push", "Microsoft.ContainerRegistry/registries/tokens", "push"),
        (f"{R}/providers/Microsoft.Authorization/roleAssignments/a", "Microsoft.Authorization/roleAssignments", "a"),
        (f"{S}/providers/Microsoft.Authorization/roleAssignments/a", "Microsoft.Authorization/roleAssignments", "a"),
        ("/providers/Microsoft.Authorization/roleDefinitions/a", "Microsoft.Authorization/roleDefinitions", "a"),
    ],
)
def test_an_id_is_read_and_written_back(text: str, type: str, name: str) -> None:
    found = parse(text)
    assert (str(found), found.type, found.name, found.key) == (text, type, name, text.lower())


def test_fixed_words_have_no_case_and_surplus_slashes_do_not_count() -> None:
    assert str(parse(f"/{R.replace('resourceGroups', 'RESOURCEGROUPS')}/")) == R
    assert str(parse(S.upper())) == S


def test_what_an_id_lies_in() -> None:
    within = [str(each) for each in parse(f"{R}/providers/Microsoft.Authorization/roleAssignments/a").within()]
    assert within[1:] == [R, f"{S}/resourceGroups/Lab", S, "/"]
    assert str(parse(f"{R}/tokens/push").parent) == R
    assert ROOT.parent is None


def test_children_and_extensions() -> None:
    registry = parse(R)
    assert str(registry.child("tokens", "push")) == f"{R}/tokens/push"
    assert str(ROOT.extension("N", "t", "a")) == "/providers/N/t/a"
    assert parse(str(registry.extension("N", "t", "a"))) == registry.extension("N", "t", "a")


@pytest.mark.parametrize(
    "text", ["/subscriptions", "/x/y", f"{S}/resourceGroups", f"{S}/providers/N", f"{S}/providers/N/t", f"{R}/tokens"]
)
def test_halves_of_ids_are_refused(text: str) -> None:
    with pytest.raises(LinkedIdInvalid, match="fully qualified"):
        parse(text)
