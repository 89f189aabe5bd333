"""Dockerfiles, their words, mounts and .dockerignore files against BuildKit's own code and its own test material.

Our errors are in the words of the daemon with which the service builds, which is older: OLDER has the differences.
"""

import json
import re
import string

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from acrlab.agents.dockerfile.health import config
from acrlab.agents.dockerfile.ignore import Ignored
from acrlab.agents.dockerfile.parser import parsed
from acrlab.agents.dockerfile.request import Request
from acrlab.agents.dockerfile.request import check as check_mount
from acrlab.agents.dockerfile.stages import plan
from acrlab.agents.dockerfile.variables import Lexer, expanded
from acrlab.agents.dockerfile.words import pairs, split
from acrlab.agents.protocol import EngineFailed
from tests.peers.programs import Program

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


@pytest.fixture(scope="module")
def kit():
    program = Program("dockerfiles")
    yield program
    program.close()


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
    if found.get("error", "").startswith("duplicate name"):  # which BuildKit only warns of; we know of no use for it
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
        for end in ("", "\nEOF\nb\n", "\n\tx\n\tEOF\nb\n", " \\\nEOF\n"):
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


ENVIRONMENT = {"A": "1", "E": "", "S": "x y", "PATH": "/a/b:/c/b.tar.gz", "K": "한국어", "L": "a\nb\nab",
"X": "a*b?c\\d/e"}


def lexed(text, escape, kind):
    try:
        if kind == "Words":
            return {"words": Lexer(text, ENVIRONMENT, escape).read()[1]}
        return {"text": expanded(text, ENVIRONMENT, escape, quotes=kind == "Word")}
    except EngineFailed as failure:
        return {"error": failure.text}


def same_words(kit, text, escape="\\", kinds=("Word", "Words", "Body")):
    env = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
    answers = kit.ask([{kind: text, "Escape": escape, "Env": env} for kind in kinds])
    for kind, answer in zip(kinds, answers, strict=True):
        assert lexed(text, escape, kind) == answer, (kind, text)


def test_the_words_of_its_lexer(kit):
    root = kit.source(MODULE) / "frontend/dockerfile/shell"
    count = 0
    for line in (root / "envVarTest").read_text().splitlines():
        if line.strip() and not line.startswith("#") and (parts := line.split("|"))[0].strip() in ("A", "U"):
            values = {"PWD": "/home", "SHELL": "bash", "KOREAN": "한국어", "NULL": ""}
            same_words(kit, parts[1].strip())
            count += 1
            if parts[2].strip() == "error":
                with pytest.raises(EngineFailed):
                    expanded(parts[1].strip(), values)
            else:
                assert expanded(parts[1].strip(), values) == parts[2].strip(), line
    values = {}
    for line in (root / "wordsTest").read_text().splitlines():
        if line.startswith("ENV "):
            name, _, value = line.removeprefix("ENV ").lstrip().partition("=")
            values[name] = value
        elif line.strip() and not line.startswith("#"):
            text, _, expected = line.partition("|")
            same_words(kit, text.strip())
            count += 1
            if expected.strip() == "error":
                with pytest.raises(EngineFailed):
                    Lexer(text.strip(), values).read()
            else:
                assert Lexer(text.strip(), values).read()[1] == expected.lstrip().split(","), line
    assert count > 100


TOKENS = ["${", "}", "$", "A", "E", "S", "PATH", "K", "L", "X", "NONE", ":", "-", "+", "?", "=", "#", "##", "%", "%%",
    "/", "//", "*", "\\", "\\\\", "`", "'",
          '"', " ", "a", "b", "ab", "1", "9", "0", "{", "@", "!", "<", "<<", "é", "\n", "\t", "\u2003", "$0", "$$",
          "${0}", "."]  # fmt: skip


@EXAMPLES
@given(st.lists(st.sampled_from(TOKENS), max_size=12).map("".join), st.sampled_from("\\\\`"))
def test_words(kit, text, escape):
    same_words(kit, text, escape)


PATTERNS = st.lists(st.sampled_from(["*", "?", "a", "b", "/", ":", ".", "\\*", "\\?", "\\\\", "\\/", "\\}", "\\a",
    '"*"', "'a'", "'\\'", '"\\b"', "$A",
                                     "한", "국", "\n", "\\", "${E:-b}", "tar", "[", "("]),
                                     max_size=6).map("".join)  # fmt: skip


@EXAMPLES
@given(st.sampled_from(["PATH", "K", "L", "X", "E", "NONE"]), st.sampled_from(["#", "##", "%", "%%", "/", "//", "-",
":-", "+", ":+", "?", ":?"]),
       PATTERNS, PATTERNS, st.sampled_from("\\\\`"))  # fmt: skip
def test_substitutions(kit, name, modifier, pattern, new, escape):
    same_words(kit, f"<${{{name}{modifier}{pattern}{'/' + new if '/' in modifier else ''}}}>", escape)


MOUNTS = st.lists(st.builds(
    lambda name, value: name + value,
    st.sampled_from(["type", "from", "source", "src", "target", "dst", "Destination", "readonly", "ro", "rw",
        "readwrite", "id", "sharing", "required", "size",
                     "mode", "uid", "gid", "env", "x", "", '"type', 'ta"rget']),
    st.sampled_from(["", "=", "=bind", "=cache", "=Tmpfs", "=secret", "=ssh", "=true", "=false", "=T", "=yes", "=0",
        "=08", "=0755", "=4294967296", "=-1", "=10",
                     "=1g", "=1.5MiB", "=1 kb", "=x", "=locked", "=Private", "=/a", '=a"', '=""', "=$a", "=$"]),
), max_size=5).map(",".join)  # fmt: skip


def mount(text):
    try:
        check_mount(text)
        request = Request.read(text)
        return {"type": request.kind, "from": request.get("from"), "source": request.get("source"),
            "target": request.get("target"),
                "readonly": request.readonly, "id": request.get("id"), "sharing": request.get("sharing"),
                "required": request.yes("required"),
                "env": request.values.get("env"), "mode": request.number("mode", -1, 8), "uid": request.number("uid",
                -1),
                "gid": request.number("gid", -1)}  # fmt: skip
    except EngineFailed as failure:
        return told(failure)


def their_mount(answer):
    if "error" in answer:
        return refused(answer)
    found = answer["mount"]
    names = {"type": "Type", "from": "From", "source": "Source", "target": "Target", "readonly": "ReadOnly",
    "id": "CacheID", "sharing": "CacheSharing",
             "required": "Required", "env": "Env"}  # fmt: skip
    numbers = {name: -1 if found[key] is None else found[key] for name, key in {"mode": "Mode", "uid": "UID",
        "gid": "GID"}.items()}
    return {**{name: found[key] for name, key in names.items()}, **numbers}


@EXAMPLES
@given(MOUNTS)
def test_mounts(kit, text):
    (answer,) = kit.ask([{"Mount": text}])
    assert mount(text) == their_mount(answer), text


NAMES = st.lists(st.sampled_from(["a", "b", "ab", "a.b", "x1", "é", "-", "!a", "^", "a]", "*", "\\", " a"]),
    min_size=1, max_size=4).map("/".join)
LINE = st.lists(st.sampled_from(["a", "b", "ab", "x", "1", "/", "/", "*", "**", "**/", "?", ".", "..", "!", " ",
    "[a-b]", "[^a]", "[^a-z]", "[b-a]", "[]", "[", "]",
                                 "[^]", "[a", "[\\]a]", "[-a]", "[a-]", "\\*", "\\?", "\\\\", "\\", "\\é", "é", "^",
                                 "$", "(", "+", "#", "{",
                                 "\ufeff", "\t", "\r"]), max_size=7).map("".join)  # fmt: skip


def same_files(kit, text, paths):
    """We refuse what is malformed wherever it stands: Go does not look beyond a star that nothing comes to."""
    (answer,) = kit.ask([{"Ignore": text, "Paths": paths}])
    try:
        found = Ignored(text)
    except EngineFailed as failure:
        assert failure.text in ("syntax error in pattern", 'illegal exclusion pattern: "!"')
        assert "error" in answer or re.search(r"[*].*[\[\\]", text), text
        return
    assert {"out": [found(path) for path in paths]} == answer, (text, paths)


@EXAMPLES
@given(st.lists(LINE, max_size=5).map("\n".join), st.lists(NAMES, min_size=1, max_size=5))
def test_ignored_files(kit, text, paths):
    assume(not re.search(r"\[[^]]*[*?\[]", text))  # in brackets these are no wildcards to us
    same_files(kit, text, paths)


def test_the_tables_of_its_matcher(kit):
    """Pattern and path of every row of a table of its tests, with every path of them all."""
    source = (kit.source("github.com/moby/patternmatcher") / "patternmatcher_test.go").read_text()
    word = r'("(?:[^"\\]|\\.)*"|`[^`]*`)'
    rows = re.findall(rf"^\s*\{{{word}, {word}, (?:true|false)", source, re.MULTILINE)
    written = [[each[1:-1] if each.startswith("`") else json.loads(each) for each in row] for row in rows]
    paths = sorted({path for _, path in written})
    patterns = sorted({pattern for pattern, _ in written})
    assert len(written) > 80
    for pattern in patterns:
        if not set(re.findall(r"\\(.)", pattern)) & set(string.ascii_letters + string.digits):
            same_files(kit, pattern, paths)
