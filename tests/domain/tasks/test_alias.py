"""Aliases: cut out, replaced once, bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acrlab.domain.tasks.alias import AliasInvalid, replaced, separate


def test_separate():
    block, rest = separate("version: v1.1.0\nalias:\n  values:\n    a: b\n  # no\nsteps:\n  - cmd: |\n      # gone\n")
    assert block == "alias:\n  values:\n    a: b\n"
    assert rest == "version: v1.1.0\nsteps:\n  - cmd: |\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$a/$b", "1/$b"), ("$$a", "$a"), ("$a$a", "11"), ("$aX $a.", "$aX 1."), ("$", "$"), ("${a}", "${a}")],
)
def test_replaced(text, expected):
    assert replaced(text, {"a": "1"}) == expected


@pytest.mark.parametrize(("values", "directive"), [({"a-b": "1"}, "$"), ({}, "ab"), ({}, "x")])
def test_refused(values, directive):
    with pytest.raises(AliasInvalid):
        replaced("", values, directive)


def test_expansion_is_bounded():
    with pytest.raises(AliasInvalid):
        replaced("$a" * 10000, {"a": "x" * 10000})


@given(st.text(alphabet="$ab{}\n#:", max_size=60))
def test_hostile_text(text):
    replaced(separate(text)[1], {"a": "$b", "b": "$a"})
