"""The order of steps: the one above by default, `-` at once, and only backwards."""

import pytest

from acrlab.domain.tasks.graph import GraphInvalid, waits


def test_order():
    found = waits([("a", ()), ("b", ("-",)), ("c", ()), ("d", ("a", "b"))])
    assert found == {"a": frozenset(), "b": frozenset(), "c": {"b"}, "d": {"a", "b"}}


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ([("acb_step_0", ("x",))], "x does not exist as a vertex [from: x, to: acb_step_0]"),
        ([("a", ("b",)), ("b", ("a",))], "b does not exist as a vertex [from: b, to: a]"),
        ([("a", ("a",))], "Step ID: a is self-referenced"),
        ([("a", ()), ("a", ())], "a already exists as a vertex"),
        ([("acb_root", ())], "acb_root is a reserved ID, it can't be used"),
        ([("a", ("-", "b"))], "step cannot contain other IDs in when if the immediate execution token is specified"),
    ],
)
def test_refused(steps, text):
    with pytest.raises(GraphInvalid) as refused:
        waits(steps)
    assert str(refused.value) == text
