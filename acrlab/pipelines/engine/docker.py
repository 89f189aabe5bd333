"""The commands of docker that pipelines use, over an agent of acrlab's own engine. Source: docker CLI reference."""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from acrlab.agents import engines
from acrlab.agents.protocol import Build, EngineFailed
from acrlab.agents.runner.flags import Arguments, FlagInvalid, read
from acrlab.pipelines.engine.registries import HttpRegistries

VERSION = "acrlab's own engine, in place of docker"
# What a build honours; another flag is refused by name.
BUILDS = frozenset({"tag", "file", "build-arg", "label", "target", "platform", "no-cache", "pull", "quiet", "rm"})


class Asked(NamedTuple):
    """One command: where it stands, and what it was given on its standard input."""

    argv: Sequence[str]
    folder: Path
    given: str


class Docker:
    """One agent for the length of a run."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.registries = HttpRegistries(environment)
        engine = engines.engine()
        self.engine = engine.probe().engine
        self._agent = engine.agent(folder, self.registries)

    def close(self) -> None:
        """End what runs, and delete what was built."""
        self._agent.close()
        self.registries.close()

    def __call__(self, asked: Asked, sink: Callable[[bytes], None]) -> int:
        """Do what was asked; its exit code."""
        name, *rest = asked.argv or ["--help"]
        command = _COMMANDS.get(name)
        if command is None:
            _say(sink, f"acrlab: docker {name} is not in the subset of its own engine: {', '.join(_COMMANDS)}")
            return 125
        try:
            command(self, read(name.lstrip("-"), rest), asked, sink)
        except (EngineFailed, FlagInvalid) as failure:
            _say(sink, str(failure))
            return getattr(failure, "code", 1) or 1
        return 0

    def _version(self, arguments: Arguments, asked: Asked, sink: Callable[[bytes], None]) -> None:
        _say(sink, f"Docker version {VERSION} ({self.engine})")

    def _login(self, arguments: Arguments, asked: Asked, sink: Callable[[bytes], None]) -> None:
        host = (arguments.words or ("docker.io",))[0].removeprefix("https://").rstrip("/")
        password = asked.given.strip("\n") if arguments.on("password-stdin") else arguments.one("password")
        self.registries.login(host, arguments.one("username"), password)
        _say(sink, "Login Succeeded")

    def _logout(self, arguments: Arguments, asked: Asked, sink: Callable[[bytes], None]) -> None:
        host = (arguments.words or ("docker.io",))[0].removeprefix("https://").rstrip("/")
        known = self.registries.logout(host)
        _say(sink, f"Removing login credentials for {host}" if known else f"Not logged in to {host}")

    def _build(self, arguments: Arguments, asked: Asked, sink: Callable[[bytes], None]) -> None:
        for name in arguments.flags:
            if name not in BUILDS:
                raise EngineFailed(f"acrlab: docker build --{name} is not in the subset of its own engine", 125)
        if len(arguments.words) != 1:
            raise EngineFailed("docker: 'docker build' requires 1 argument")
        context = (asked.folder / arguments.words[0]).resolve()
        if not context.is_dir():
            raise EngineFailed(f'unable to prepare context: path "{arguments.words[0]}" not found')
        given = arguments.one("file")
        dockerfile = (asked.folder / given).resolve() if given else context / "Dockerfile"
        what = Build(
            context=context, dockerfile=os.path.relpath(dockerfile, context), tags=tuple(arguments.all("tag")),
            args=_pairs(arguments.all("build-arg")), labels=_pairs(arguments.all("label")),
            target=arguments.one("target"), platform=arguments.one("platform"),
        )  # fmt: skip
        self._agent.build(what, sink, threading.Event())

    def _tag(self, arguments: Arguments, asked: Asked, sink: Callable[[bytes], None]) -> None:
        if len(arguments.words) != 2:
            raise EngineFailed("docker: 'docker tag' requires 2 arguments")
        self._agent.tag(*arguments.words)

    def _push(self, arguments: Arguments, asked: Asked, sink: Callable[[bytes], None]) -> None:
        for name in arguments.words:
            self._agent.push(name, sink)

    def _pull(self, arguments: Arguments, asked: Asked, sink: Callable[[bytes], None]) -> None:
        for name in arguments.words:
            self._agent.pull(name, sink)

    def _images(self, arguments: Arguments, asked: Asked, sink: Callable[[bytes], None]) -> None:
        for name, id, _ in self._agent.images():
            _say(sink, f"{name}  {id.removeprefix('sha256:')[:12]}")


def _say(sink: Callable[[bytes], None], text: str) -> None:
    sink(f"{text}\n".encode())


def _pairs(given: Sequence[str]) -> dict[str, str]:
    return {name: value for name, _, value in (each.partition("=") for each in given)}


_COMMANDS: dict[str, Callable[[Docker, Arguments, Asked, Callable[[bytes], None]], None]] = {
    "build": Docker._build,
    "push": Docker._push,
    "pull": Docker._pull,
    "tag": Docker._tag,
    "login": Docker._login,
    "logout": Docker._logout,
    "images": Docker._images,
    "version": Docker._version,
    "--version": Docker._version,
}
