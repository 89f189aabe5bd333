"""The house rules that a machine can hold: names, lengths, dates, and what must not be in a repository."""

import datetime
import re
import tomllib

import pytest

from tests.architecture.tree import HOME, PACKAGE, files, modules, place

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "base", "misc"}
MOST_LINES = 400

# Patterns, so that this file does not find itself.
FOREIGN = re.compile(
    r"/work[/](main|shared|\.library)|/tmp[/]lab|/root[/]\."  # the machines this was written on
    r"|pypi\.org|pythonhosted\.org|(proxy|sum)\.golang|npmjs\.org|crates\.io"  # package registries
    r"|(deb|security)\.debian\.org|anaconda\.org|repo1?\.maven"
)
# The recordings quote what other people's machines said.
QUOTED = ("reference/",)


def test_no_empty_names():
    """A module is named after what it holds."""
    everything = [*modules(), *(HOME / "tests").rglob("*.py"), *(HOME / "benchmarks").rglob("*.py")]
    found = [path for path in everything if EMPTY_NAMES & {path.stem, path.parent.name}]
    assert not found


def test_no_module_is_long():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    found = [f"{place(path, length)}" for path, length in lengths.items() if length > MOST_LINES]
    assert not found, f"over {MOST_LINES} lines; find the noun that wants to come out:\n" + "\n".join(found)


def test_no_machine_and_no_registry_is_named():
    """Nothing here may depend on the machine it was written on, or name a package index."""
    found = []
    for path in files():
        if path.relative_to(HOME).as_posix().startswith(QUOTED):
            continue
        text = path.read_bytes().decode("utf-8", errors="ignore")
        for match in FOREIGN.finditer(text):
            found.append(f"{place(path, text[: match.start()].count(chr(10)) + 1)}: {match[0]}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("data/*.toml")), ids=lambda path: path.name)
def test_facts_say_where_they_are_from_and_of_when(path):
    meta = tomllib.loads(path.read_text(encoding="utf-8")).get("meta", {})
    assert isinstance(meta.get("written"), datetime.date), "[meta] written = YYYY-MM-DD"
    assert meta.get("source"), '[meta] source = "..."'


def test_there_are_facts():
    assert list(PACKAGE.glob("data/*.toml"))


def test_typed():
    """Type checkers of those who import acrlab look for this file."""
    assert (PACKAGE / "py.typed").exists()
