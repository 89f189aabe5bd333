"""domain and engine know the standard library and msgspec, and get clock, chance and I/O handed in."""

import ast
import sys

import pytest

from tests.architecture.tree import imports, modules, names, parsed, place

PURE = modules("domain", "engine")
KNOWN = sys.stdlib_module_names | {"msgspec", "acrlab"}

# Modules that are a clock, a source of chance, an environment or a door to the outside, whole.
FORBIDDEN_MODULES = {
    *("time", "sched", "random", "secrets", "os", "platform", "getpass"),
    *("socket", "ssl", "select", "selectors", "http", "urllib.request", "ftplib", "smtplib"),
    *("subprocess", "multiprocessing", "signal", "asyncio", "concurrent"),
    *("sqlite3", "dbm", "shelve", "tempfile", "shutil", "glob", "fileinput", "mmap", "logging"),
}
# Names in modules that are otherwise welcome.
FORBIDDEN_NAMES = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("uuid.uuid1", "uuid.uuid4", "uuid.getnode", "uuid.uuid6", "uuid.uuid7"),
    *("open", "input", "print", "io.open", "sys.argv", "sys.stdin", "sys.stdout", "sys.stderr"),
    *("pathlib.Path", "eval", "exec", "__import__", "breakpoint"),
}


def within(name: str, forbidden: set[str]) -> bool:
    """Whether a dotted name is a forbidden one or lies in it: os.path lies in os."""
    parts = name.split(".")
    return any(".".join(parts[:length]) in forbidden for length in range(1, len(parts) + 1))


def ends_forbidden(name: str) -> bool:
    """datetime.datetime.now, or dt.datetime.now after `import datetime as dt`, is datetime.now too."""
    return name in FORBIDDEN_NAMES or ".".join(name.split(".")[-2:]) in FORBIDDEN_NAMES


def offences(tree: ast.Module) -> list[tuple[int, str]]:
    found = [
        (line, name)
        for line, name in imports(tree)
        if within(name, FORBIDDEN_MODULES) or ends_forbidden(name) or name.split(".")[0] not in KNOWN
    ]
    return found + [(line, name) for line, name in names(tree) if ends_forbidden(name)]


@pytest.mark.parametrize("path", PURE, ids=lambda path: "/".join(path.parts[-2:]))
def test_pure(path):
    found = [f"{place(path, line)}: {name}" for line, name in offences(parsed(path))]
    assert not found, "hand it in instead:\n" + "\n".join(found)


def test_domain_starts_no_threads():
    """The engine serialises; what is true needs no lock."""
    found = [
        f"{place(path, line)}: {name}"
        for path in modules("domain")
        for line, name in imports(parsed(path))
        if name.split(".")[0] in {"threading", "queue"}
    ]
    assert not found


def test_both_rooms_are_looked_at():
    assert {path.relative_to(path.parents[1]).parts[0] for path in PURE} >= {"domain", "engine"}


@pytest.mark.parametrize(
    "code",
    [
        "import time",
        "from time import monotonic",
        "import os.path",
        "from os import environ",
        "def f():\n    import random",
        "import datetime\ndatetime.datetime.now()",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from datetime import date\ndate.today()",
        "import uuid\nuuid.uuid4()",
        "from uuid import uuid4",
        "from pathlib import Path",
        "open('x')",
        "import requests",
        "from azure.core import exceptions",
    ],
)
def test_the_check_itself_sees(code):
    assert offences(ast.parse(code))


@pytest.mark.parametrize(
    "code",
    [
        "import msgspec, threading, uuid\nuuid.UUID('x')\nuuid.uuid5",
        "from datetime import UTC, datetime\ndatetime.fromtimestamp(0, UTC)",
        "from pathlib import PurePosixPath",
        "from acrlab.domain import names",
        "now = 3\nworld.now()\nclock.now",
    ],
)
def test_the_check_itself_lets_pass(code):
    assert not offences(ast.parse(code))
