"""The machine that a pipeline runs on: its folders, its environment, and programs run on it."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from acrlab.pipelines.refusals import StepFailed, ToolMissing

if TYPE_CHECKING:
    from acrlab.pipelines.engine.serve import BuiltIn

# Whoever started the emulator may do everything; a pipeline may do what its connections may.
NOT_HANDED_DOWN = (
    "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_CONFIG_DIR", "ACRLAB_CONTROL", "ACRLAB_FEDERATED_TOKEN_FILE",
    "ACRLAB_IDENTITY_ENDPOINT", "ACRLAB_IDENTITY_HEADER",
)  # fmt: skip
CONTAINER_TOOLS = ("podman", "buildah", "docker")
OWN = "acrlab"  # its own engine, where the machine has none of them
LONGEST_LINE = 64 * 1024  # characters; more is cut into lines
TOOL = "ACRLAB_CONTAINER_TOOL"
NO_TOOL = "there is no podman, no buildah, and no docker with its daemon"


class Machine:
    """One agent: a folder of its own, and the environment of the emulator without its owner's credentials."""

    def __init__(self, folder: Path, environment: Mapping[str, str], tool: str = "") -> None:
        self.folder, self._named = folder, tool or os.environ.get(TOOL, "")
        self.environment = {name: value for name, value in environment.items() if name not in NOT_HANDED_DOWN}
        for name in ("home", "docker", "azure", "bin", "temp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.environment |= {
            "DOCKER_CONFIG": str(folder / "docker"), "REGISTRY_AUTH_FILE": str(folder / "docker" / "auth.json"),
            "AZURE_CONFIG_DIR": str(folder / "azure"), "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }  # fmt: skip
        self._tool: list[str] = []
        self._built_in: BuiltIn | None = None

    def container_tool(self) -> str:
        """The program that builds and pushes images here. Raises: ToolMissing."""
        if not self._tool:
            self._tool.append(_container_tool(self._named, self.environment) or self._own())
            self._stand_in(self._tool[0])
        return self._tool[0]

    def _own(self) -> str:
        """acrlab's own engine as a program. Raises: ToolMissing where there is no such thing."""
        if os.name == "nt":
            raise ToolMissing(f"{NO_TOOL}: one of them builds and pushes, or ACR itself by `az acr build`")
        from acrlab.pipelines.engine.serve import BuiltIn  # late: most machines have a tool

        self._built_in = BuiltIn(self.folder / "engine", self.environment)
        return str(self._built_in.program)

    def close(self) -> None:
        """End what works for this machine."""
        if self._built_in is not None:
            self._built_in.close()

    def _stand_in(self, tool: str) -> None:
        """Scripts call docker: where that is not what works here, the name leads to what does."""
        script = self.folder / "bin" / "docker"
        if tool != shutil.which("docker") and os.name != "nt":
            script.write_text(f'#!/bin/sh\nexec "{tool}" "$@"\n')
            script.chmod(0o755)

    def run(
        self, command: Sequence[str], folder: Path, variables: Mapping[str, str], tell: Callable[[str], None], *,
        given: str | None = None, timeout: float = 0.0,
    ) -> int:  # fmt: skip
        """Run a program to its end and tell its lines as they come; its exit code. Units: seconds, 0 for no limit.

        Raises: ToolMissing, StepFailed when the time is over.
        """
        apart = {} if os.name == "nt" else {"start_new_session": True}
        try:
            process = subprocess.Popen(
                command, cwd=folder, env={**self.environment, **variables}, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, stdin=subprocess.PIPE if given is not None else subprocess.DEVNULL,
                text=True, errors="replace", bufsize=1, **apart,  # type: ignore[call-overload]
            )  # fmt: skip
        except FileNotFoundError:
            raise ToolMissing(f"{command[0]} is not on this machine") from None
        except OSError as error:
            raise StepFailed(f"{command[0]} cannot be run: {error.strerror}") from None
        over = threading.Event()
        timer = threading.Timer(timeout, _end, (process, over)) if timeout else None
        with process:
            if timer is not None:
                timer.start()
            try:
                _told(process, given, tell)
                code: int = process.wait()
            finally:
                if timer is not None:
                    timer.cancel()
                if process.poll() is None:
                    _end(process, over)
        if over.is_set():
            raise StepFailed(f"The operation was canceled: it took longer than {timeout:g} seconds.")
        return code

    def captured(self, command: Sequence[str], folder: Path) -> str:
        """What a program prints, or nothing when it fails or is not there."""
        try:
            done = subprocess.run(
                command, cwd=folder, env=self.environment, capture_output=True, text=True, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""


def _told(process: "subprocess.Popen[str]", given: str | None, tell: Callable[[str], None]) -> None:
    if given is not None and process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.write(given)
            process.stdin.close()
    assert process.stdout is not None
    while line := process.stdout.readline(LONGEST_LINE):
        tell(line.rstrip("\r\n"))


def _end(process: "subprocess.Popen[str]", over: threading.Event) -> None:
    over.set()
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def _container_tool(named: str, environment: Mapping[str, str]) -> str:
    """A program by its path; empty for acrlab's own engine. Raises: ToolMissing for one that is named and not here."""
    if named == OWN:
        return ""
    for name in [named] if named else CONTAINER_TOOLS:
        found = shutil.which(name)
        if found and (os.path.basename(name) != "docker" or _daemon(found, environment)):
            return found
    if named:
        raise ToolMissing(f"{named} is not on this machine: name one of {', '.join((*CONTAINER_TOOLS, OWN))}")
    return ""


def _daemon(docker: str, environment: Mapping[str, str]) -> bool:
    command = [docker, "info", "--format", "{{.ServerVersion}}"]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=30, check=False)
    return done.returncode == 0 and bool(done.stdout.strip())
