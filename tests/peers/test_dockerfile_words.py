"""The words, mounts and .dockerignore files of Dockerfiles against BuildKit's own code and its own test material."""

import itertools
import json
import re
import string

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from acrlab.agents.dockerfile.ignore import Ignored
from acrlab.agents.dockerfile.request import Request, check
from acrlab.agents.dockerfile.variables import Lexer, expanded
from acrlab.agents.protocol import EngineFailed
from tests.peers.test_dockerfiles import MODULE, refused, told

pytestmark = pytest.mark.peers
EXAMPLES = settings(max_examples=1500)

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


def same_each(kit, texts):
    env = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
    answers = kit.ask([{"Word": text, "Escape": "\\", "Env": env} for text in texts])
    for text, answer in zip(texts, answers, strict=True):
        assert lexed(text, "\\", "Word") == answer, text


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


TOKENS = [
    "${", "}", "$", "A", "E", "S", "PATH", "K", "L", "X", "NONE", ":", "-", "+", "?", "=", "#", "##", "%", "%%",
    "/", "//", "*", "\\", "\\\\", "`", "'", '"', "a", "b", "ab", "1", "9", "0", "{", "@", "!", "<", "<<", "é", "$0",
    "$$", "${0}", ".", " ", "\n", "\t", "\u2003",
]  # fmt: skip


@EXAMPLES
@given(st.lists(st.sampled_from(TOKENS), max_size=12).map("".join), st.sampled_from("\\\\`"))
def test_words(kit, text, escape):
    same_words(kit, text, escape)


MODIFIERS = ["#", "##", "%", "%%", "/", "//", "-", ":-", "+", ":+", "?", ":?"]
PIECES = [
    "*", "?", "a", "b", "/", ":", ".", "\\*", "\\?", "\\\\", "\\/", "\\}", "\\a", '"*"', "'a'", "'\\'",
    '"\\b"', "$A", "한", "국", "\\", "${E:-b}", "tar", "[", "(", "\n",
]  # fmt: skip
PATTERNS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


def test_every_substitution_of_two_pieces(kit):
    patterns = ["".join(pair) for pair in itertools.product(PIECES, PIECES)]
    for name, modifier in itertools.product(("PATH", "K", "L", "X"), MODIFIERS[:6]):
        new = "/'$0$1'" if "/" in modifier else ""
        same_each(kit, [f"${{{name}{modifier}{pattern}{new}}}" for pattern in patterns])


@EXAMPLES
@given(st.sampled_from(["PATH", "K", "L", "X", "E", "NONE"]), st.sampled_from(MODIFIERS), PATTERNS, PATTERNS,
       st.sampled_from("\\\\`"))  # fmt: skip
def test_substitutions(kit, name, modifier, pattern, new, escape):
    same_words(kit, f"<${{{name}{modifier}{pattern}{'/' + new if '/' in modifier else ''}}}>", escape)


FIELDS = [name + value for name, value in itertools.product(
    ["type", "from", "source", "src", "target", "dst", "Destination", "readonly", "ro", "rw", "readwrite", "id",
    "sharing", "required", "size",
     "mode", "uid", "gid", "env", "x", '"type', 'ta"rget', ""],
    ["=", "=bind", "=cache", "=Tmpfs", "=secret", "=ssh", "=true", "=false", "=T", "=yes", "=0", "=08", "=0755",
    "=4294967296", "=-1", "=10", "=1g", "=1.5MiB",
     "=x", "=locked", "=Private", "=/a", '=a"', '=""', "=$a", "=$", "=1 kb", ""],
)]  # fmt: skip
MOUNTS = st.lists(st.sampled_from(FIELDS), max_size=5).map(",".join)


def mount(text):
    try:
        check(text)
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


def same_mounts(kit, texts):
    for text, answer in zip(texts, kit.ask([{"Mount": text} for text in texts]), strict=True):
        assert mount(text) == their_mount(answer), text


def test_every_field_of_a_mount(kit):
    for kind in ["bind", "cache", "tmpfs", "secret", "ssh"]:
        same_mounts(kit, [f"type={kind},{field}{more}" for field in FIELDS for more in ("", ",target=/x")])


@EXAMPLES
@given(MOUNTS)
def test_mounts(kit, text):
    same_mounts(kit, [text])


NAMES = st.lists(st.sampled_from(["a", "b", "ab", "a.b", "x1", "é", "-", "!a", "^", "a]", "*", "\\", " a"]),
    min_size=1, max_size=4).map("/".join)
PARTS = [
    "a", "b", "ab", "x", "1", "/", "/", "*", "**", "**/", "?", ".", "..", "!", "[a-b]", "[^a]", "[^a-z]", "[b-a]",
    "[]", "[", "]", "[^]", "[a", "[\\]a]", "[-a]", "[a-]", "\\*", "\\?", "\\\\", "\\", "\\é", "é",
    "^", "$", "(", "+", "#", "{", " ", "\t", "\r",
]  # fmt: skip
LINES = st.lists(st.sampled_from(PARTS), max_size=7).map("".join)


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
@given(st.sampled_from(["", "\ufeff"]), st.lists(LINES, max_size=5).map("\n".join),
       st.lists(NAMES, min_size=1, max_size=5))  # fmt: skip
def test_ignored_files(kit, mark, text, paths):
    assume(not re.search(r"\[[^]]*[*?\[]|\\[A-Za-z0-9]", text))  # to us they mean themselves there
    same_files(kit, mark + text, paths)


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
