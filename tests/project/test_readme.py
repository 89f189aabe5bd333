"""The prose is tested: links lead somewhere, commands exist, the examples are the ones that are run."""

import ast
import inspect
import re
import shlex

import pytest
import typer.main

import acrlab.pytest_plugin
from acrlab.cli import app
from tests.project.house import HOME

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "acrlab/DESIGN.md"]
README = (HOME / "README.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands


def blocks(text: str, language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for name, block in fenced if name == language]


def quoted_commands() -> list[list[str]]:
    """Every acrlab command line that README shows, in a block or within a sentence."""
    shown = "\n".join(blocks(README, ""))
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE)
    spans = re.findall(r"`(acrlab [a-z][^`]*)`", prose)
    lines = [match.strip() for match in re.findall(r"(?:^|[(;:|])\s*(acrlab [^#\n)|]+)", shown, re.MULTILINE)]
    return [shlex.split(line.replace("\n", " ")) for line in [*lines, *spans]]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    path = HOME / name
    links = re.findall(r"\]\(([^)#\s]+)\)", path.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith("http")]
    assert [link for link in local if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("line", quoted_commands(), ids=" ".join)
def test_commands_exist(line):
    _, name, *rest = line
    assert name in COMMANDS
    command = COMMANDS[name]
    subcommands = getattr(command, "commands", None)
    if subcommands is not None:
        assert rest[0] in subcommands
        command = subcommands[rest[0]]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    own = rest[: rest.index("--")] if "--" in rest else rest
    if name != "az":
        assert {word for word in own if word.startswith("--")} <= known


def test_the_commands_are_found():
    assert {line[1] for line in quoted_commands()} >= {"run", "up", "env", "az", "down", "coverage", "why", "clock"}


def test_the_pytest_example_is_the_one_that_is_run():
    """tests/client runs the one in the plugin's docstring."""
    (example,) = [block for block in blocks(README, "python") if "def test_" in block]
    assert example.strip() in inspect.cleandoc(acrlab.pytest_plugin.__doc__ or "").replace("\n    ", "\n")


@pytest.mark.parametrize("code", blocks(README, "python"))
def test_python_is_python(code):
    ast.parse(code)


def test_the_two_commands_come_first():
    first = blocks(README, "")[0]
    assert "python3 start.py" in first
    assert README.index(first) < 250
