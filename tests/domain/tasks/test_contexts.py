"""Names of contexts, and what a build step's words say."""

import pytest

from acrlab.domain.tasks.alias import expanded, replaced, version
from acrlab.domain.tasks.contexts import Git, build_words, git, is_artifact, is_git, is_url, remote
from acrlab.domain.tasks.contexts import replaced as with_context


@pytest.mark.parametrize(
    "name, kind",
    [
        ("https://github.com/a/b.git", "git"),
        ("https://github.com/a/b.git#main:x", "git"),
        ("https://github.com/a/b", "url"),
        ("https://dev.azure.com/o/p/_git/r#x", "git"),
        ("https://o.visualstudio.com/p/_git/r", "git"),
        ("https://dev.azure.com/o/p/_git/r?version=1", "url"),
        ("git@github.com:a/b.git", "git"),
        ("github.com/a/b", "git"),
        ("https://x.example/a.tar.gz", "url"),
        ("oci://r.azurecr.io/c:1", "artifact"),
        (".", "local"),
        ("app.git", "local"),
        ("https://[bad", "url"),
    ],
)
def test_kinds(name, kind):
    found = "git" if is_git(name) else "url" if is_url(name) else "artifact" if is_artifact(name) else "local"
    assert (found, remote(name)) == (kind, kind != "local")


def test_git():
    assert git("https://h/r.git#b:f/g") == Git("https://h/r.git", "b", "f/g")
    assert git("github.com/a/b.git") == Git("https://github.com/a/b.git")


@pytest.mark.parametrize(
    "command, found",
    [
        ("-t a -f D/f --target x .", ("D/f", "x", ".")),
        ("-t a --no-cache sub", ("Dockerfile", "", ".")),  # as the engine's scanner takes it
        ("sub -t a", ("Dockerfile", "", "sub")),
        ("", ("Dockerfile", "", ".")),
    ],
)
def test_words_of_a_build(command, found):
    assert build_words(command) == found


def test_another_context():
    assert with_context("-t a https://h/r.git", ".") == "-t a ."


@pytest.mark.parametrize(
    "text, found",
    [
        ("version: v1.1.0\n", "v1.1.0"),
        ("# c\n\nversion: 'v1.1.0'\n", "v1.1.0"),
        (" version: v1.1.0\n", ""),
        ("steps: []\nversion: v1.1.0\n", ""),
        ("version : v1.0.0\n", "v1.0.0"),
        ("", ""),
    ],
)
def test_version(text, found):
    assert version(text) == found


def test_what_ends_an_unknown_name_begins_no_other():
    assert replaced("$nope$a $a$a", {"a": "1"}) == "$nope$a 11"


def test_images_of_commands():
    assert expanded("  bash  x", {"bash": "i:1"}) == "i:1  x"
    assert expanded("other x", {"bash": "i:1"}) == "other x"
