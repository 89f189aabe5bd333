"""acrlab agent: a worker that takes runs of ACR Tasks from a queue."""

import contextlib
import functools
import logging
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acrlab.cli.sentences import fail, told
from acrlab.client import running
from acrlab.client.wording import moment

if TYPE_CHECKING:
    from acrlab.agents.protocol import Engine
    from acrlab.domain.tasks.workers import Enrolment

QUEUE = "ACRLAB_QUEUE"
PASSING = 86400.0  # seconds that the credential of a process holds which is kept in no file
Queue = Annotated[
    str,
    typer.Option(
        "--queue", envvar=QUEUE, show_envvar=True,
        help="postgresql://USER:PASSWORD@HOST:PORT/DATABASE; the variable keeps the password off the command line.",
    ),
]  # fmt: skip


def agent(
    queue: Queue = "",
    pool: Annotated[
        list[str] | None,
        typer.Option("--pool", help="REGISTRY/POOL whose runs it takes; else those that name no pool."),
    ] = None,
    count: Annotated[int, typer.Option("--count", min=1, max=100, help="Runs at a time.")] = 1,
    engine: Annotated[str, typer.Option("--engine", help="What does the work: auto, embedded, docker, none.")] = "",
    name: Annotated[str, typer.Option("--name", help="What `acrlab status` calls it.")] = "",
    listed: Annotated[bool, typer.Option("--list", help="Show the agents that may come to work, and end.")] = False,
    revoke: Annotated[
        str, typer.Option("--revoke", metavar="NAME", help="End the credential of an agent, and its runs; and end.")
    ] = "",
    enrol: Annotated[
        Path | None, typer.Option("--enrol", help="Write a credential for another machine into this file, and end.")
    ] = None,
    credential: Annotated[
        Path | None, typer.Option("--credential", help="Work with the credential in this file.")
    ] = None,
) -> None:
    """Work on runs of ACR Tasks: an agent of an emulator that was started with --queue, here or elsewhere."""
    if listed or revoke:
        _show() if listed else _revoke(revoke)
        return
    name = name or socket.gethostname()[:48]
    if enrol is not None:
        _write(enrol, _enrolled(name, pool or []))
        typer.echo(f"acrlab: {enrol} is a credential: bring it to the other machine, and keep it to yourself")
        return
    if not queue:
        fail(f"where is the queue? Give --queue postgresql://…, or set {QUEUE}", 2)
    if credential is not None:
        _work(queue, _read(credential), engine, count, lambda renewed: _replace(credential, renewed))
    else:
        _work(queue, _enrolled(name, pool or [], PASSING), engine, count, lambda _: None)


def _show() -> None:
    with told():
        found = running.control().enrolled()
    for each in found:
        state = "at work" if each["here"] else "away"
        pools = ", ".join(each["pools"]) or "runs that name no pool"
        until = moment(each["until"])
        typer.echo(f"{each['name']}  {each['id']}  {state}; {pools}; its credential holds until {until}")
    if not found:
        typer.echo("acrlab: no agent is enrolled")


def _revoke(name: str) -> None:
    with told():
        gone = running.control().dismiss(name)["revoked"]
    if not gone:
        fail(f"no agent that is enrolled has the name or id {name}: `acrlab agent --list` shows them")
    typer.echo(f"acrlab: the credential of {name} holds no more{f': {len(gone)} agents' if len(gone) > 1 else ''}")


def _enrolled(name: str, pools: list[str], life: float | None = None) -> "Enrolment":
    import msgspec

    from acrlab.domain.tasks.workers import Enrolment

    with told():
        found = running.control().enrol(name, pools, life)
    return msgspec.convert(found, Enrolment)


def _write(path: Path, enrolment: "Enrolment") -> None:
    import msgspec

    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(enrolment))
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}")


def _replace(path: Path, enrolment: "Enrolment") -> None:
    """Keep a renewed credential. Where that fails, the old one holds for a while."""
    import msgspec

    part = path.with_name(f"{path.name}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(enrolment))
        os.replace(part, path)
    except OSError as error:
        _say(f"{path} cannot be written: {error.strerror}; the renewed credential is not kept")


def _read(path: Path) -> "Enrolment":
    import msgspec

    from acrlab.domain.tasks.workers import Enrolment

    try:
        return msgspec.json.decode(path.read_bytes(), type=Enrolment)
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}")
    except msgspec.MsgspecError:
        fail(f"{path} holds no credential of a worker: make one with `acrlab agent --enrol FILE`")
    raise AssertionError


def _engine(name: str, now: Callable[[], float]) -> "Callable[[], Engine]":
    from acrlab.agents import engines
    from acrlab.agents.protocol import EngineFailed

    try:
        known = engines.known(name or os.environ.get("ACRLAB_ENGINE") or engines.AUTO)
    except EngineFailed as wrong:
        fail(str(wrong), 2)
    return functools.cache(lambda: engines.engine(known, now))


def _work(
    queue: str, enrolment: "Enrolment", engine: str, count: int, keep: "Callable[[Enrolment], None]"
) -> None:  # fmt: skip
    from acrlab.agents.remote.worker import Worker, WorkerFailed

    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # what matters of it is said in a sentence
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="acrlab-agent-", ignore_cleanup_errors=True) as folder:
        build = _engine(engine, lambda: worker.now())
        worker = Worker(queue, enrolment, build, Path(folder), count, _say, keep)
        with _ended_by_signals(worker.stop):
            try:
                worker.run(lambda: _say(f"{enrolment.name} waits for runs of the emulator at {enrolment.address}"))
            except WorkerFailed as failure:
                fail(str(failure))


@contextlib.contextmanager
def _ended_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop())
    yield


def _say(sentence: str) -> None:
    typer.echo(f"acrlab: {sentence}")
