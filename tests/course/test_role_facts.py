"""What the notebook about roles shows is what the emulator decides by."""

import pytest

from acrlab.course import role_facts
from acrlab.domain import roles


@pytest.mark.parametrize("mode", [roles.LEGACY, roles.ABAC])
def test_a_cell_is_the_verdict(mode: str) -> None:
    table = role_facts.opens(mode)
    shown = {row[0]: dict(zip(table.columns[1:], row[1:], strict=True)) for row in table.rows}
    assert set(shown) == {each.name for each in roles.BUILTIN.values() if roles.honoured(each, mode)}
    for name, cells in shown.items():
        role = roles.find(name)
        assert role is not None
        assert (cells["push"] == "yes") == roles.grants([role], "push", mode)
        assert (cells["list repositories"] == "yes") == roles.grants([role], "catalog", mode)


def test_modes_differ_where_they_should() -> None:
    legacy, abac = ({row[0] for row in role_facts.opens(mode).rows} for mode in (roles.LEGACY, roles.ABAC))
    assert "AcrPull" in legacy - abac and "Container Registry Repository Reader" in abac - legacy


def test_needs_name_actions_and_their_source() -> None:
    rows = role_facts.needs("push").rows
    assert rows[0][1:3] == ("action", "pull/read and push/write")
    assert rows[1][1] == "data action" and "repositories/content/write" in rows[1][2]
    assert role_facts.needs("sign").rows[1][2] == "no role gives it"
    with pytest.raises(KeyError):
        role_facts.needs("teleport")
    with pytest.raises(KeyError):
        role_facts.opens("SomeOtherMode")
