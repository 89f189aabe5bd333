"""Lines of the agent's shell: what dash makes of the same lines, and hostile ones.

Expectations were checked against dash 0.5.12.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acrlab.domain.tasks.shell import ShellInvalid, expand, parse

VARIABLES = {"A": "one two", "E": "", "HOME": "/root"}


def words(line):
    def run(script):
        return " ".join(field for command in script[0].commands for word in command.words
                        for field in expand(word, VARIABLES, run)) + "\n"  # fmt: skip

    (pipeline,) = parse(line)
    return [field for word in pipeline.commands[0].words for field in expand(word, VARIABLES, run)]


@pytest.mark.parametrize(
    "line, wanted",
    [
        ("a b  c", ["a", "b", "c"]),
        ("'a b' \"c d\"", ["a b", "c d"]),
        ("a'b'\"c\"", ["abc"]),
        ("a\\ b \\$A", ["a b", "$A"]),
        ("$A", ["one", "two"]),
        ('"$A"', ["one two"]),
        ("x$A.y", ["xone", "two.y"]),
        ("$E", []),
        ('"$E"', [""]),
        ("'$A'", ["$A"]),
        ("${A}x ${N:-d} ${E:-e} ${E-e} ${A:+set}", ["one", "twox", "d", "e", "set"]),
        ("$NOPE x", ["x"]),
        ("`a b` $(c d)", ["a", "b", "c", "d"]),
        ('"`a  b`"', ["a b"]),
        ("a # comment", ["a"]),
        ("a#b", ["a#b"]),
        ("$", ["$"]),
        ('"a\\"b" "a\\nb"', ['a"b', "a\\nb"]),
        ("a \\\n b", ["a", "b"]),
        ("--filter 'app:.*' {{x}} a=b", ["--filter", "app:.*", "{{x}}", "a=b"]),
        ('$(echo "$(x)")', ["echo", "x"]),
        ('"$A"$A', ["one twoone", "two"]),
    ],
)
def test_words(line, wanted):
    assert words(line) == wanted


@pytest.mark.parametrize(
    "line, shape",
    [
        ("a && b || c; d", [(";", 1), ("&&", 1), ("||", 1), (";", 1)]),
        ("a | b | c", [(";", 3)]),
        ("a\nb\n\nc\n", [(";", 1), (";", 1), (";", 1)]),
        ("a &&\n b", [(";", 1), ("&&", 1)]),
        ("", []),
        ("# only", []),
        ("a > f 2>&1", [(";", 1)]),
    ],
)
def test_lists(line, shape):
    assert [(pipeline.after, len(pipeline.commands)) for pipeline in parse(line)] == shape


@pytest.mark.parametrize(
    "line, text",
    [
        ("echo 'a", "Unterminated quoted string"),
        ('echo "a', "Unterminated quoted string"),
        ("a && && b", '"&&" unexpected'),
        ("| a", '"|" unexpected'),
        ("a |", "end of file unexpected"),
        ("a &&", "end of file unexpected"),
        ("echo `a", "EOF in backquote substitution"),
        ("echo $(a", 'expecting ")"'),
        ("echo ${a!}", "Bad substitution"),
        ("a >", "end of file unexpected"),
        ("(a)", "does not take ("),
        ("a &", "does not take &"),
        ("if a; then b; fi", "does not take if"),
        ("a << E", "does not take <<"),
        ("echo $((1))", "does not take $(("),
    ],
)
def test_refused(line, text):
    with pytest.raises(ShellInvalid) as invalid:
        parse(line)
    assert text in str(invalid.value)


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="ab$`\"'\\ \n;&|()<>{}#=:-?1", max_size=40))
def test_every_line_is_taken_or_refused(line):
    try:
        script = parse(line)
        for pipeline in script:
            for command in pipeline.commands:
                for word in command.words:
                    expand(word, VARIABLES, lambda script: "x y")
    except ShellInvalid as invalid:
        assert str(invalid)
