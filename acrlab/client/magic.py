"""`%load_ext acrlab`: the real `az` in a cell, signed in to the cloud the notebook works with."""

import json
import os
import shlex
import subprocess
import sys
import threading
from typing import IO, Any

from acrlab.client import azure_cli, cloud


class AzFailed(Exception):
    """`az` ended with another exit code than 0; what it printed stands above."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def load_ipython_extension(shell: Any) -> None:
    """Add `%az` and `%%az` to a notebook."""
    shell.register_magic_function(az, "line_cell", "az")


def unload_ipython_extension(shell: Any) -> None:
    """Take them away again."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("az", None)


def az(line: str, cell: str | None = None) -> Any:
    """`%az acr list` returns what az printed, parsed when it is JSON; `%%az` runs one command a line.

    Raises: AzFailed, AzLoginFailed.
    """
    try:
        program = azure_cli.executable()
    except azure_cli.AzMissing as missing:
        print(_sentence(missing))  # noqa: T201 - a notebook goes on without az
        return None
    _sign_in(program)
    if cell is None:
        return _parsed(_run(program, shlex.split(line)))
    for command in commands(cell):
        _stream(program, shlex.split(line) + command)
    return None


def commands(cell: str) -> list[list[str]]:
    """The commands of a cell: one a line, `\\` at its end goes on, `#` begins a comment, a leading `az` may stand."""
    lines = cell.replace("\\\n", " ").splitlines()
    found = (shlex.split(line, comments=True) for line in lines)
    return [words[1:] if words[0] == "az" else words for words in found if words]


def _sentence(missing: azure_cli.AzMissing) -> str:
    return f"{str(missing)[:1].upper()}{str(missing)[1:]}. This cell did nothing; the notebook goes on."


def _sign_in(program: str) -> None:
    """On the emulator, once for each configuration folder; on Azure `az login` is the learner's own."""
    if cloud.inside_azure():
        return
    cloud.attach()
    azure_cli.sign_in(program, dict(os.environ))


def _run(program: str, words: list[str]) -> str:
    done = subprocess.run([program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    sys.stderr.write(done.stderr)
    if done.returncode:
        raise AzFailed(f"az ended with exit code {done.returncode}")
    return done.stdout


def _parsed(output: str) -> Any:
    try:
        return json.loads(output)
    except ValueError:
        sys.stdout.write(output)
        return None


def _stream(program: str, words: list[str]) -> None:
    """Run a command and show each line as it comes."""
    with subprocess.Popen(
        [program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None and child.stderr is not None
        errors = threading.Thread(target=_copy, args=(child.stderr, sys.stderr))
        errors.start()
        _copy(child.stdout, sys.stdout)
        errors.join()
    if child.returncode:
        raise AzFailed(f"az ended with exit code {child.returncode}")


def _copy(source: IO[str], target: Any) -> None:
    for line in source:
        target.write(line)
        target.flush()
