"""One notebook run in this process, and compared with what it holds. A process runs one notebook in its life."""

import json
import subprocess
import time
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from acrlab.course.lint import source, tags

SHOWN = ("text/plain", "text/html", "text/markdown", "image/svg+xml", "application/json")
IGNORED = ("nbval-ignore-output", "live-only")
_LONGEST = 300  # characters of an output in a message


class Outcome(msgspec.Struct, frozen=True):
    """How a notebook ran. `cell` is the number of the one that failed, `problem` empty when none did."""

    path: str
    seconds: float
    cell: int = 0
    problem: str = ""

    def line(self) -> str:
        """For a terminal."""
        where = f"cell {self.cell}: " if self.cell else ""
        return f"{'FAILED' if self.problem else 'ok':<6}  {self.seconds:6.2f} s  {self.path}" + (
            f"\n        {where}{self.problem}" if self.problem else ""
        )


class Failed(Exception):
    """A cell did not do what it should."""


def execute(path: Path, *, compare: bool = True) -> Outcome:
    """Run every cell from the top and stop at the first that fails or, with `compare`, shows something else."""
    begun, number = time.perf_counter(), 0
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        shell = _shell()
        for number, cell in enumerate(cells, 1):  # noqa: B007 - told when the cell fails
            if cell["cell_type"] == "code" and "nbval-skip" not in tags(cell):
                _run(shell, cell, compare)
        number = 0
        _points(path, shell.user_ns.values())
    except Failed as failed:
        return Outcome(str(path), time.perf_counter() - begun, number, str(failed))
    except (OSError, ValueError, LookupError, TypeError) as error:
        return Outcome(str(path), time.perf_counter() - begun, number, f"{type(error).__name__}: {error}")
    return Outcome(str(path), time.perf_counter() - begun)


def _shell() -> Any:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell: Any = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}), colors="nocolor")
    shell.system = _system
    shell.raised = None

    def remember(kind: type, value: BaseException, lines: list[str]) -> None:
        shell.raised = (kind.__name__, str(value), "\n".join(lines))

    def show(value: Any) -> None:
        """What a kernel does with a cell's last value: no `Out[1]:` before it."""
        if value is not None:
            shell.user_ns["_"] = value
            data, metadata = shell.display_formatter.format(value)
            shell.display_pub.publish(data=data, metadata=metadata)

    shell._showtraceback = remember
    shell.display_trap.hook = show
    warnings.simplefilter("default")
    return shell


def _system(command: str) -> None:
    """What a line that begins with `!` does; its output belongs to the cell."""
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr, end="")  # noqa: T201 - into the cell


def _run(shell: Any, cell: dict[str, Any], compare: bool) -> None:
    from IPython.utils.capture import capture_output

    shell.raised = None
    with capture_output() as captured:
        shell.run_cell(source(cell), store_history=True)
    raised, announced = shell.raised, "raises-exception" in tags(cell)
    if raised and not announced:
        raise Failed(f"{raised[0]}: {raised[1]}\n{raised[2]}")
    if announced and not raised:
        raise Failed("is tagged raises-exception and raised nothing")
    if compare and cell.get("execution_count") and not set(IGNORED) & set(tags(cell)):
        _compare(cell["outputs"], list(_given(captured, raised)))


Piece = tuple[str, str]


def _given(captured: Any, raised: Any) -> Iterator[Piece]:
    yield from ((name, text) for name, text in (("stdout", captured.stdout), ("stderr", captured.stderr)) if text)
    for output in captured.outputs:
        yield from _data(output.data)
    if raised:
        yield "error", f"{raised[0]}: {raised[1]}"


def _kept(outputs: Iterable[dict[str, Any]]) -> Iterator[Piece]:
    streams: dict[str, str] = {}
    rest: list[Piece] = []
    for output in outputs:
        if output["output_type"] == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + "".join(output["text"])
        elif output["output_type"] == "error":
            rest.append(("error", f"{output['ename']}: {output['evalue']}"))
        else:
            rest += _data(output["data"])
    yield from ((name, streams[name]) for name in ("stdout", "stderr") if name in streams)
    yield from rest


def _data(data: dict[str, Any]) -> list[Piece]:
    return [(kind, _text(data[kind])) for kind in SHOWN if kind in data]


def _text(value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else "".join(value)
        if isinstance(value, list)
        else json.dumps(value, sort_keys=True)
    )


def _compare(outputs: list[dict[str, Any]], given: list[Piece]) -> None:
    kept = list(_kept(outputs))
    for (kind, old), (other, new) in zip(kept, given, strict=False):
        if kind != other or old.rstrip("\n") != new.rstrip("\n"):
            raise Failed(
                f"shows something else\n  committed {kind}: {_near(old, new)}\n  now {other}: {_near(new, old)}"
            )
    if len(kept) != len(given):
        raise Failed(f"has {len(kept)} outputs committed and shows {len(given)}")


def _near(text: str, other: str) -> str:
    """The part of a text where it begins to differ."""
    place = next((n for n, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), min(len(text), len(other)))
    return repr(text[max(0, place - 40) : place + _LONGEST])


def _points(path: Path, values: Iterable[Any]) -> None:
    """A solution earns everything."""
    from acrlab.course.lab import Lab

    for lab in [each for each in values if isinstance(each, Lab)]:
        if path.name == "solution.ipynb" and not (report := lab.grade()).complete:
            raise Failed(f"the solution earns {report.score}\n{report.text()}")
