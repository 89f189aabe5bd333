"""acrlab …: the command line. A contract other programs rely on; see DESIGN §4."""

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from acrlab.cli import state, study
from acrlab.cli.agent import Queue, agent
from acrlab.cli.child import call
from acrlab.cli.classroom import classroom
from acrlab.cli.git import git
from acrlab.cli.pipeline import pipeline
from acrlab.cli.sentences import fail, told
from acrlab.client import running, wording

app = typer.Typer(
    name="acrlab",
    help="Learn, practise and test against Azure Container Registry: real tools, real names, no subscription.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

AGENTS_AT = "127.0.0.1:5483"  # the port after those of the other doors
PORT = 5480  # plain HTTP; the proxy and TLS take the next two
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
Data = Annotated[Path | None, typer.Option(help="Keep the world in this folder.")]
Realistic = Annotated[
    bool, typer.Option("--realistic-timing", help="Long-running operations take as long as in Azure.")
]
Throttling = Annotated[
    bool | None,
    typer.Option(
        "--throttling/--no-throttling",
        help="Count requests against the tier's rates and answer 429. On with --realistic-timing and in exam-classic.",
    ),
]
Builder = Annotated[
    str, typer.Option("--engine", help="What does the work of ACR Tasks: auto, embedded, docker, none.")
]
Profile = Annotated[str, typer.Option(help="Which facts hold: current-2026, or exam-classic.")]


class Shell(StrEnum):
    """How to write variables down."""

    sh = "sh"
    powershell = "powershell"
    json = "json"


@app.command()
def up(
    data: Data = None,
    memory: Annotated[bool, typer.Option("--memory", help="Keep nothing: the world is gone when it stops.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Go on in the background.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print ports, certificates and credentials as JSON.")] = False,
    sealed: Annotated[bool, typer.Option("--sealed", help="Refuse every host that is not emulated.")] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Plain HTTP port, and the two after it; 0 for any.")
    ] = PORT,
    realistic_timing: Realistic = False,
    profile: Profile = "current-2026",
    throttling: Throttling = None,
    engine: Builder = "",
    queue: Queue = "",
    agents_at: Annotated[
        str, typer.Option(help="With --queue: HOST:PORT of this machine at which agents find the emulator.")
    ] = AGENTS_AT,
) -> None:
    """Start the emulator; ready in under a second."""
    _require_place(agents_at)
    if data is not None and memory:
        fail("--data keeps the world and --memory does not: give one of the two", 2)
    if (found := running.alive()) is not None:
        fail(
            f"an emulator is running already (process {found['pid']}): "
            "`acrlab env` shows how to reach it, `acrlab down` stops it"
        )
    if detach:
        _detach(as_json)
        return
    gc.disable()  # nothing that a start makes is garbage, and looking for some takes a tenth of it
    from acrlab.emulator import Emulator

    folder = None if memory else data or running.home() / "world"
    with told(), _known_profile(profile), _reachable(queue):
        emulator = Emulator(
            data=folder, sealed=sealed, port=port, realistic_timing=realistic_timing, profile=profile,
            throttling=throttling, engine=_known_engine(engine), queue=queue, agents_at=agents_at,
        )  # fmt: skip
    with _opened(emulator, agents_at):
        gc.freeze()
        gc.enable()
        description = emulator.describe()
        running.record(description)
        typer.echo(json.dumps(description) if as_json else wording.welcome(description))
        sys.stdout.flush()
        _wait(emulator)
    running.forget()


def _require_place(agents_at: str) -> None:
    host, _, port = agents_at.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        fail(f"--agents-at takes HOST:PORT, not {agents_at!r}", 2)


def _opened(emulator: Any, agents_at: str) -> Any:
    """The emulator with its doors open."""
    try:
        return emulator.start()
    except OSError as error:
        emulator.stop()
        fail(f"the doors cannot be opened (agents come to {agents_at}): {error.strerror or error}")


@contextmanager
def _reachable(queue: str) -> Iterator[None]:
    """A queue that cannot be used, as a sentence."""
    if not queue:
        yield
        return
    from acrlab.agents.remote.postgres import QueueFailed

    try:
        yield
    except QueueFailed as failure:
        fail(str(failure))


@contextmanager
def _known_profile(profile: str) -> Iterator[None]:
    from acrlab.data import load

    known = sorted(load("tiers")["profile"])
    if profile not in known:
        fail(f"there is no profile {profile!r}: use {' or '.join(known)}", 2)
    yield


def _wait(emulator: Any) -> None:
    signal.signal(signal.SIGTERM, lambda *_: emulator.stopping.set())
    try:
        while not emulator.stopping.wait(3600):
            pass
    except KeyboardInterrupt:
        typer.echo("acrlab: stopping", err=True)


def _detach(as_json: bool) -> None:
    arguments = [argument for argument in sys.argv[1:] if argument not in ("--detach", "--json")]
    log = running.home() / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    apart: dict[str, Any] = (
        {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}  # type: ignore[attr-defined]
        if os.name == "nt"
        else {"start_new_session": True}
    )
    with open(log, "w", encoding="utf-8") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", "acrlab", *arguments, "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, **apart,
        )  # fmt: skip
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        fail(
            log.read_text(encoding="utf-8").strip().removeprefix("acrlab: ") or "the emulator did not start",
            child.wait(),
        )
    typer.echo(line.strip() if as_json else wording.welcome(json.loads(line)))


@app.command()
def env(
    shell: Annotated[Shell, typer.Option("--format", help="The shell to write for.")] = Shell.powershell
    if os.name == "nt"
    else Shell.sh,
) -> None:
    """Print the variables that point unmodified tools to the running emulator."""
    with told():
        found = running.environment() if "ACRLAB_ENDPOINT" not in os.environ else wording.inherited()
    if shell is Shell.json:
        typer.echo(json.dumps(found, indent=1))
        return
    quote = wording.QUOTES[shell]
    typer.echo("\n".join(quote(name, value) for name, value in found.items()))


def _known_engine(name: str) -> str:
    name = name or os.environ.get("ACRLAB_ENGINE", "")
    if not name:
        return name
    from acrlab.agents import engines
    from acrlab.agents.protocol import EngineFailed

    try:
        return engines.known(name)
    except EngineFailed as wrong:
        fail(str(wrong), 2)
        raise AssertionError from wrong


@app.command(context_settings=PASS_ON)
def run(
    context: typer.Context,
    data: Data = None,
    sealed: Annotated[
        bool, typer.Option("--sealed/--open", help="Refuse, or pass on, hosts that are not Azure's.")
    ] = True,
    realistic_timing: Realistic = False,
    profile: Profile = "current-2026",
    throttling: Throttling = None,
    engine: Builder = "",
    standpoint: Annotated[
        str, typer.Option("--from", help="Where the command stands: an address, or network/subnet.")
    ] = "",
) -> None:
    """Run a command inside an emulator of its own: acrlab run -- pytest."""
    command = list(context.args)
    if not command or command in (["--help"], ["-h"]):
        typer.echo(
            "usage: acrlab run [--data DIR] [--sealed/--open] [--realistic-timing] [--from PLACE] -- COMMAND …",
            err=not command,
        )
        raise typer.Exit(0 if command else 2)
    from acrlab.emulator import Emulator

    with told(), _known_profile(profile):
        emulator = Emulator(
            data=data, sealed=sealed, realistic_timing=realistic_timing, profile=profile, throttling=throttling,
            engine=_known_engine(engine),
        )  # fmt: skip
    with emulator.start():
        try:
            variables = emulator.environment(standpoint)
        except ValueError:
            fail(f"--from takes an address or network/subnet, not {standpoint!r}", 2)
        code = call(command, {**os.environ, **variables})
    raise typer.Exit(code)


@app.command()
def down() -> None:
    """Stop the running emulator."""
    with told():
        running.control().stop()
    typer.echo("acrlab: stopped")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Say what is running and what it holds."""
    with told():
        found = running.control().status()
    typer.echo(json.dumps(found) if as_json else wording.status(found))


@app.command(context_settings=PASS_ON)
def lab(
    context: typer.Context,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    data: Data = None,
    engine: Builder = "",
) -> None:
    """Start the emulator and JupyterLab inside its environment; one Ctrl-C ends both."""
    from acrlab.emulator import Emulator

    root = _course_root()
    with told():
        emulator = Emulator(data=data or running.home() / "world", port=PORT, engine=_known_engine(engine))
    with emulator.start():
        running.record(emulator.describe())
        command = [sys.executable, "-m", "jupyterlab", "-y", f"--ServerApp.root_dir={root}", *context.args]
        command += ["--no-browser"] if no_browser else []
        # In a container everybody is root. It listens on loopback alone, and asks for its token.
        command += ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        command += ["--LabApp.default_url=/lab/tree/notebooks/00-start.ipynb"]
        code = call(command, {**os.environ, **emulator.environment(), "JUPYTER_CONFIG_PATH": _quiet_jupyter()})
    running.forget()
    raise typer.Exit(code)


def _quiet_jupyter() -> str:
    """JupyterLab's configuration path, with a folder of ours in front: no question about news over a notebook."""
    folder = running.home() / "jupyter"
    page = folder / "labconfig" / "page_config.json"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(json.dumps({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}))
    return os.pathsep.join(filter(None, (str(folder), os.environ.get("JUPYTER_CONFIG_PATH"))))


def _course_root() -> Path:
    beside = Path(__file__).resolve().parents[2]
    for root in (beside, Path.cwd()):
        if (root / "notebooks" / "00-start.ipynb").exists():
            return root
    fail("the notebooks are not here: run this in a clone of acrlab")
    raise AssertionError


@app.command()
def coverage(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """What is emulated and how truly: the installed SDKs, the commands of `az acr`, and what is around registries."""
    from acrlab.client import az_commands, neighbours
    from acrlab.client import coverage as walked

    rows = [*walked.rows(), *az_commands.rows(), *neighbours.rows()]
    typer.echo(json.dumps([walked.as_dict(row) for row in rows]) if as_json else walked.table(rows))


@app.command()
def doctor() -> None:
    """What this machine can and cannot do, and how to mend it."""
    from acrlab.client import machine

    checks = machine.examine()
    typer.echo("\n".join(check.line() for check in checks))
    raise typer.Exit(any(check.fatal for check in checks))


@app.command(context_settings=PASS_ON)
def az(context: typer.Context) -> None:
    """Run the real `az` against the emulator, logged in. `acrlab az --install` gets it."""
    from acrlab.client import azure_cli

    if context.args == ["--install"]:
        typer.echo(f"acrlab: installing the Azure CLI {azure_cli.VERSION} into {azure_cli.folder()}")
        try:
            azure_cli.install()
        except subprocess.CalledProcessError as error:
            fail(
                f"pip could not install it (exit code {error.returncode}); what it printed above says why. "
                "Run the command again to go on",
                1,
            )
        raise typer.Exit()
    with told():
        variables = running.environment()
    try:
        raise typer.Exit(azure_cli.run(list(context.args), variables))
    except (azure_cli.AzMissing, azure_cli.AzLoginFailed) as error:
        fail(str(error))


app.add_typer(state.clock, name="clock")
app.add_typer(classroom, name="class")
app.add_typer(git, name="git")
app.add_typer(pipeline, name="pipeline")
for command in (agent, *state.COMMANDS, *study.COMMANDS):
    app.command()(command)


def main() -> None:
    """The entry point of the console script."""
    app()
