"""Dockerfiles, instruction by instruction, against BuildKit's own code and its own test material.

Our errors are in the words of the daemon with which the service builds, which is older: OLDER has the differences.
"""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acrlab.agents.dockerfile.health import config
from acrlab.agents.dockerfile.parser import parsed
from acrlab.agents.dockerfile.stages import plan
from acrlab.agents.dockerfile.words import pairs, split
from acrlab.agents.protocol import EngineFailed

pytestmark = pytest.mark.peers
MODULE = "github.com/moby/buildkit"
OLDER = [
    (r" \(did you mean .*\?\)$", ""),
    (r"^unknown instruction: .*", lambda found: "unknown instruction: " + found[0][21:].upper()),
    (r"(flag(?: specified)?:? )--", r"\1"),
    (r"^invalid escape token", "invalid ESCAPE"),
    (r"could not be determined$", "could not be determined."),
]
PLACE = re.compile(r"^dockerfile parse error (?:on )?line (\d+): ")
EXAMPLES = settings(max_examples=1500, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def older(text):
    """The words of BuildKit as they were."""
    text = PLACE.sub("", text)
    for pattern, new in OLDER:
        text = re.sub(pattern, new, text, flags=re.DOTALL)
    return text


def refused(answer):
    """An answer in which only the words of the refusal count."""
    return {"error": older(answer["error"])} if "error" in answer else answer


def told(failure):
    text, line = PLACE.sub("", failure.text), PLACE.match(failure.text)
    text = "file with no instructions" if text == "the Dockerfile cannot be empty" else text
    return {"error": text, "line": int(line[1])} if line else {"error": text}


def arguments(each, escape):
    """As the nodes of BuildKit's tree."""
    shape = SHAPES.get(each.keyword)
    if shape:
        return shape(each, escape)
    if each.words is not None:
        return list(each.words)
    return [each.arguments] if each.arguments else []


def _pairs(each, escape):
    old = "=" not in split(each.arguments, escape)[0]
    return [part for name, value in pairs(each.arguments, escape) for part in (name, value, "" if old else "=")]


def _health(each, _):
    words = re.split(r"[\t-\r ]+", each.arguments, maxsplit=1)
    return [words[0], *(each.words if each.words is not None else words[1:])]


SHAPES = {
    **dict.fromkeys(("FROM", "EXPOSE", "ADD", "COPY", "VOLUME"), lambda each, _: list(each.listed)),
    **dict.fromkeys(("ENV", "LABEL"), _pairs),
    "ARG": lambda each, escape: list(split(each.arguments, escape)),
    "HEALTHCHECK": _health,
}


def shown(each, escape):
    told = {
        "keyword": each.keyword, "line": each.line, "flags": list(each.options), "arguments": arguments(each, escape),
        "json": each.words is not None, "heredocs": [
            {"Name": heredoc.name, "Text": heredoc.text, "Expand": heredoc.expand} for heredoc in each.heredocs
        ],
    }  # fmt: skip
    return {**told, "health": config(each)} if each.keyword == "HEALTHCHECK" else told


def ours(text):
    try:
        file = parsed(text)
        plan(file, "")
        return {"escape": file.escape, "instructions": [shown(each, file.escape) for each in file.instructions]}
    except EngineFailed as failure:
        return told(failure)


def theirs(answer):
    if "error" in answer:
        return refused(answer)
    if not answer["stages"]:  # of which its parser takes no notice
        return {"error": "no build stage in current context"}
    return {"escape": answer["escape"], "instructions": answer["instructions"]}


def same(kit, text):
    (answer,) = kit.ask([{"Dockerfile": text}])
    found = ours(text)
    line, theirs_line = found.pop("line", None), PLACE.match(answer.get("error", ""))
    assert not theirs_line or int(theirs_line[1]) == line, text
    if "fallen" in answer:
        return
    if found.get("error", "").startswith("duplicate name"):  # BuildKit only warns of it
        names = [name for name in answer["stages"] if name]
        assert len(set(names)) < len(names)
        return
    assert found == theirs(answer), text


def test_the_files_of_its_parser(kit):
    root = kit.source(MODULE) / "frontend/dockerfile/parser"
    for name in sorted((*root.glob("testfiles*/*/Dockerfile"), root / "testfile-line/Dockerfile")):
        text = name.read_bytes().decode()
        if "testfiles-negative" in str(name):
            assert "error" in ours(text), name
        same(kit, text)


LINES = [
    "FROM a", "FROM a AS b", "from a as B", "FROM --platform=$P a", "FROM a b", "FROM", "FROM a AS 1x",
    "ARG a", "ARG a=1 b='x y' c", "ARG =x", "ARG --x a", "ARG",
    "RUN x", "run  x  y ", "RUN", 'RUN ["a", "b"]', "RUN [1]", "RUN ['a']", 'RUN ["a",]', "RUN []", "RUN [null]",
    'RUN ["\\ud800"]',
    "RUN --mount=type=cache,target=/x y", "RUN --mount=from=$a,target=/x y", 'RUN --mount=type="a"b y',
    "RUN --network=none y", "RUN --network=some y", "RUN --security=insecure y", "RUN --security=x y",
    "RUN --nope x", "RUN -- x", "RUN --mount x", "RUN --network=none --network=host x",
    "RUN <<EOF", "RUN <<-EOF", "RUN <<'EOF'", 'RUN <<"E"OF cat', "RUN 3<<EOF", "RUN <<EOF <<b", "RUN << EOF",
    "RUN <<<EOF",
    "RUN <<$EOF", "RUN <<\\EOF", "RUN <<'EOF", "EOF", "\tEOF", "b", "EOF ",
    "COPY a b", "COPY a", "COPY", 'COPY ["a b", "c"]', 'COPY ["a"]', "COPY --from=x --link a b",
    "COPY --link=maybe a b",
    "COPY --link=false a b", "COPY --link= a b", "COPY --chown a b", "COPY --exclude=a --exclude=b a b",
    "COPY --chown=a --chown=b a b",
    'COPY --chown="a b" c d', "COPY --from=é a b", "COPY --à=b c d", "COPY a <<EOF", "COPY <<EOF /x",
    "COPY <<-'EOF' <<b /x", 'COPY "a b" c',
    "ADD --keep-git-dir=true a b", "ADD --unpack a b", "ADD --checksum=x a b", "ADD --from=x a b", "ADD a b",
    "ENV a=b c='d e'", "ENV a b c", "ENV a", "ENV", "ENV a=1 b", "ENV =x", "ENV a=\\ b", 'ENV a="b',
    "ENV 'a b'=c d=e", "ENV a\tb  c", "env é=ü",
    "LABEL a=b", "LABEL a b", "LABEL a", 'LABEL "a"="b"', "LABEL",
    "CMD", "CMD x", "CMD []", 'CMD ["x"] y', "ENTRYPOINT", 'ENTRYPOINT ["a"]', "ENTRYPOINT a b", "CMD --x y",
    "EXPOSE", "EXPOSE 80 90/udp", "EXPOSE 80\t81", "USER a b", "USER", "WORKDIR /x y", "WORKDIR", "WORKDIR --x y",
    "VOLUME /a /b", 'VOLUME ["a", ""]', "VOLUME []", "VOLUME", "STOPSIGNAL --x 9", "STOPSIGNAL", "STOPSIGNAL 9",
    "SHELL a", 'SHELL ["a"]', "SHELL []", "SHELL", "MAINTAINER a b", "MAINTAINER",
    "HEALTHCHECK NONE", "HEALTHCHECK NONE x", "HEALTHCHECK CMD x", "HEALTHCHECK CMD", 'healthcheck cmd ["x"]',
    "HEALTHCHECK",
    "HEALTHCHECK CMD []", "HEALTHCHECK --interval=1s --timeout=1.5m --retries=3 CMD x  y",
    "HEALTHCHECK --interval=1 CMD x",
    "HEALTHCHECK --interval=1us CMD x", "HEALTHCHECK --retries=-1 CMD x", "HEALTHCHECK --retries=x CMD x",
    "HEALTHCHECK y",
    "HEALTHCHECK --start-period=-1s CMD x", "HEALTHCHECK --start-interval=1.5h3ns NONE",
    "HEALTHCHECK --interval=1d CMD x",
    "ONBUILD RUN x", "ONBUILD  run x ", "ONBUILD FROM a", "ONBUILD ONBUILD RUN x", "ONBUILD FOO x", "ONBUILD",
    "ONBUILD ENV a", "ONBUILD --x RUN y",
    "ONBUILD RUN <<EOF", "ONBUILD COPY <<-EOF /x", "ONBUILD MAINTAINER x", 'ONBUILD RUN [1]',
    "ONBUILD COPY --nope a b",
    "FOO x", "foo", "#", "# x", "  # x", "", "  ", "\t", "\\", "`", "x \\", "RUN a \\", "RUN a `", "RUN a \\\\",
    "RUN a \\ ", " && b", "# escape=`", "#escape=\\", "# escape=x",
    "# syntax=docker/dockerfile:1", "# syntax=a", "# check=skip=all", "# Escape = `", "#é=x", "\x0bRUN x", "RUN\x0cx",
    "RUN x\x85y", "RUN x\u2028y", "\u2003RUN x", "RUN\u2003x",
]  # fmt: skip
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", " \n", "\t\n", "\\\n", "`\n", " \\\n", " \\\r\n", "\\ \n"])
FILES = st.builds(
    lambda mark, first, lines, last: mark + first + "".join(a + b for a, b in lines) + last,
    st.sampled_from(["", "", "", "\ufeff", "# escape=`\n", "# syntax=x\n# escape=\\\n"]),
    st.sampled_from(["FROM a\n", "FROM a\n", "FROM a\n", ""]),
    st.lists(st.tuples(st.sampled_from(LINES), ENDS), max_size=6), st.sampled_from(["", "FROM b", "EOF", "EOF\nb\n"]),
)  # fmt: skip


def test_every_line_by_itself(kit):
    for line in LINES:
        for end in ("", "\nEOF\nb\n", "\n\tx\n\tEOF\nb\n", " \\\nEOF\n", "\n EOF\n\t EOF\nEOF\nb\n"):
            same(kit, f"FROM a\n{line}{end}")


@EXAMPLES
@given(FILES)
def test_files(kit, text):
    same(kit, text)


PIECES = ["a", "b=", "=", " ", "  ", "\t", '"', "'", "\\", "`", "$", "--", "-", "x", "[", "]", ",", "<<", "<", "EOF",
    "\n", "\\\n", "#", "é", "à", "/",
          "\x0b", "\xa0", "\u2003", "mount", "type", "from", "chown", "link", "true", "CMD", "NONE", "1s",
          "80"]  # fmt: skip


@EXAMPLES
@given(st.sampled_from([
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
    "ONBUILD",
    "ONBUILD RUN", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR", "Nope",
]), st.lists(st.sampled_from(PIECES), max_size=12))  # fmt: skip
def test_arguments(kit, keyword, pieces):
    same(kit, f"FROM a\n{keyword} {''.join(pieces)}\n")


FLAGS = st.builds(
    lambda names: " ".join(names),
    st.lists(st.builds(lambda name, value: f"--{name}{value}", st.sampled_from([
        "from", "chown", "chmod", "link", "parents", "exclude", "checksum", "keep-git-dir", "unpack", "mount",
        "network", "security",
        "interval", "timeout", "start-period", "start-interval", "retries", "platform", "x", "",
    ]), st.sampled_from(["", "=", "=true", "=FALSE", "=x", "=1", "=+3", "=1_0", "=99999999999", "=1s", "=1.5h2m",
    "=.5s", "=1.s", "=.s", "=-1s", "=0",
                         "=1ms", "=999us", "=999999h", "=9999999h", "=1e3s", "=1x", "=none", "=sandbox", '="a b"',
                         "=\\ x", "==", "='"])), max_size=4),
)  # fmt: skip


@EXAMPLES
@given(st.sampled_from(["ADD % a b", "COPY % a b", "RUN % a", "HEALTHCHECK % CMD a", "FROM % a", "CMD % a",
"USER % a", "ONBUILD COPY % a b",
                        "ARG % a", "HEALTHCHECK % NONE"]), FLAGS)  # fmt: skip
def test_flags(kit, line, flags):
    same(kit, f"FROM a\n{line.replace('%', flags)}\n")
