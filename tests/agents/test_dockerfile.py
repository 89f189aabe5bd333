"""A Dockerfile read as docker reads it."""

import pytest

from acrlab.agents.dockerfile.heredocs import Heredoc
from acrlab.agents.dockerfile.ignore import Ignored
from acrlab.agents.dockerfile.parser import parsed
from acrlab.agents.dockerfile.stages import plan
from acrlab.agents.dockerfile.variables import expanded
from acrlab.agents.protocol import EngineFailed


def test_continued_lines_skip_comments_and_keep_the_first_line_number() -> None:
    file = parsed('# syntax=docker/dockerfile:1\n\nFROM a AS b\nRUN one \\\n# no\n\n  && two\nCMD ["x", "y"]\n')
    assert file.syntax == "docker/dockerfile:1"
    assert [(each.keyword, each.line) for each in file.instructions] == [("FROM", 3), ("RUN", 4), ("CMD", 8)]
    assert file.instructions[1].arguments == "one   && two"
    assert file.instructions[2].words == ("x", "y")


def test_the_escape_directive_frees_the_backslash() -> None:
    file = parsed("# escape=`\nFROM a\nRUN dir `\n C:\\\nCMD z\n")
    assert file.instructions[1].arguments == "dir  C:\\"


def test_a_comment_before_a_directive_makes_it_a_comment() -> None:
    assert parsed("# hello\n# escape=`\nFROM a\n").escape == "\\"


def test_flags_are_not_arguments_and_the_log_shows_both() -> None:
    (copy,) = parsed("COPY --from=b --link /x /y\n").instructions
    assert (copy.flags, copy.arguments) == ((("from", "b"), ("link", "")), "/x /y")
    assert copy.text == "COPY --from=b --link /x /y"


def test_a_trigger_keeps_its_heredoc() -> None:
    (trigger,) = parsed("ONBUILD RUN <<EOF\nx\nEOF\n").instructions
    assert trigger.arguments == "RUN <<EOF\nx\nEOF"


def test_lines_end_nowhere_but_at_their_ends() -> None:
    (run,) = parsed("RUN a\x0bb\u2028c\n").instructions
    assert run.arguments == "a\x0bb\u2028c"


def test_heredocs() -> None:
    run, copy = parsed("RUN <<-EOF\n\techo $A\n\tEOF\nCOPY <<'x' <<y /d/\n$q\nx\nb\ny\n").instructions
    assert run.heredocs == (Heredoc("EOF", "echo $A\n", True),)
    assert copy.heredocs == (Heredoc("x", "$q\n", False), Heredoc("y", "b\n", True))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("FROM a\nFOO b\n", "dockerfile parse error line 2: unknown instruction: FOO"),
        ("FROM a\nUSER\n", "dockerfile parse error line 2: USER requires exactly one argument"),
        ("FROM a\nRUN [1]\n", "dockerfile parse error line 2: when using JSON array syntax, "
                               "arrays must be comprised of strings only"),
        ("FROM a\nRUN --network=x y\n", 'dockerfile parse error line 2: invalid network mode "x"'),
        ("FROM a\nCOPY --link=maybe a b\n",
         "dockerfile parse error line 2: expecting boolean value for flag link, not: maybe"),
        ("FROM a\nHEALTHCHECK --interval=1 CMD x\n",
         'dockerfile parse error line 2: time: missing unit in duration "1"'),
        ("FROM a\nRUN " + "x" * 65536, "dockerfile line greater than max allowed size of 65535"),
        ("FROM a\nONBUILD FROM b\n", "dockerfile parse error line 2: FROM isn't allowed as an ONBUILD trigger"),
        ("RUN <<EOF\nx\n", "dockerfile parse error line 1: unterminated heredoc"),
        ("SHELL sh -c\n", "dockerfile parse error line 1: SHELL requires the arguments to be in JSON form"),
        ("# escape=x\nFROM a\n", "dockerfile parse error line 1: invalid ESCAPE 'x' does not match ` or \\"),
        ("", "the Dockerfile cannot be empty"),
        ("# nothing\n", "file with no instructions"),
    ],
)
def test_errors_are_in_the_words_of_docker(text: str, error: str) -> None:
    with pytest.raises(EngineFailed) as failed:
        plan(parsed(text), "")
    assert failed.value.text == error


@pytest.mark.parametrize("text", ["CMD [" * 5000, "CMD " + "[" * 60_000, "RUN [NaN]\n", "RUN ['a']\n"])
def test_a_list_that_is_none_goes_to_the_shell(text: str) -> None:
    assert parsed(text).instructions[0].words is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$A-${A}", "1-1"), ("${B:-x$A}", "x1"), ("${E:-d}", "d"), ("${E-d}", ""), ("${A:+y}", "y"), ("${B:+y}", ""),
        ("${B:-${E:-in}}", "in"), ("\\$A", "$A"), ("'$A'", "$A"), ('"$A b"', "1 b"), ("$B", ""), ("a$", "a$"),
        ("${P#*/}", "b.tar.gz"), ("${P##*.}", "gz"), ("${P%.*}", "a/b.tar"), ("${P%%.*}", "a/b"),
        ("${P/a/x}", "x/b.tar.gz"),
        ("${P//a/x}", "x/b.txr.gz"), ("${P/*/}", ""), ("${P//./'$0$0'}", "a/b..tar..gz"),
    ],
)  # fmt: skip
def test_variables(text: str, value: str) -> None:
    assert expanded(text, {"A": "1", "E": "", "P": "a/b.tar.gz"}) == value


@pytest.mark.parametrize("text", ["${A", "${A:=x}", "${}", "'a", '"a', "${B:?gone}", "${A:-" * 10_000])
def test_a_variable_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(EngineFailed):
        expanded(text, {"A": "1"})


@pytest.mark.parametrize(
    ("patterns", "path", "out"),
    [
        ("*.md\n!README.md", "a.md", True), ("*.md\n!README.md", "README.md", False), ("*.md", "d/a.md", False),
        ("**/*.md", "d/e/a.md", True), ("**/*.md", "a.md", True), ("/build/", "build/x/y", True), ("b", "ab", False),
        ("a\n!a/keep", "a/keep", False), ("a\n!a/keep", "a/other", True), ("# a\n\n", "a", False), ("*", "x/y", True),
        ("[a-c]?", "bz", True), ("[^a]", "a", False), ("!a\na", "a", True), ("./x/../y", "y", True),
        ("a/**", "a/b", True), ("../a", "a", False), ("a[^x]b", "a/b", True), ("**foo", "xfoo", True),
        ("/!a\na", "a", True),
    ],
)  # fmt: skip
def test_what_a_dockerignore_leaves_out(patterns: str, path: str, out: bool) -> None:
    assert Ignored(patterns)(path) is out


@pytest.mark.parametrize("text", ["[b-a]", "[a", "a\\", "!", "[]"])
def test_a_pattern_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(EngineFailed):
        Ignored(text)


def test_a_pattern_of_a_variable_is_not_slow() -> None:
    assert expanded("${A##" + "*a" * 200 + "b}", {"A": "a" * 2000}) == "a" * 2000


def test_a_pattern_of_many_stars_is_not_slow() -> None:
    assert not Ignored("*a" * 200 + "b\n" + "**/a" * 200 + "b")("a" * 400)
