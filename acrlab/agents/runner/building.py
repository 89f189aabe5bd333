"""`docker build`: its arguments made into a build of an agent."""

import threading
from collections.abc import Mapping
from pathlib import Path

from acrlab.agents.protocol import Build, EngineFailed
from acrlab.agents.runner.flags import Arguments
from acrlab.agents.runner.limit import Limit
from acrlab.agents.runner.machine import Interrupted, Machine, Scene, valid
from acrlab.agents.runner.places import absolute, relative
from acrlab.agents.runner.services import SourceFailed
from acrlab.domain.tasks.contexts import remote
from acrlab.domain.tasks.dependencies import normalised
from acrlab.domain.tasks.run import Source

USAGE = (
    "docker: 'docker build' requires 1 argument\n\nUsage:  docker build [OPTIONS] PATH | URL | -\n\n"
    "Run 'docker build --help' for more information"
)


def build(machine: Machine, arguments: Arguments, scene: Scene) -> int:
    """Build and tag. Raises: EngineFailed, Interrupted."""
    if len(arguments.words) != 1:
        scene.say(USAGE)
        return 1
    what = _build(machine, arguments, scene)
    with _Watch(scene.limit) as cancelled:
        try:
            machine.built(machine.agent.build(what, scene.sink, cancelled))
        except EngineFailed:
            if scene.limit.over:
                raise Interrupted from None
            raise
    if scene.limit.over:
        raise Interrupted
    return 0


def _build(machine: Machine, arguments: Arguments, scene: Scene) -> Build:
    context = _context(machine, arguments.words[0], scene)
    order = machine.order
    platform = "/".join(part for part in (order.os, order.architecture, order.variant) if part)
    return Build(
        context=context, dockerfile=_dockerfile(machine, arguments, context, scene),
        tags=tuple(normalised(_tag(each)) for each in arguments.all("tag")),
        args=_pairs(arguments.all("build-arg"), scene.variables), labels=_pairs(arguments.all("label"), {}),
        secrets=_secrets(machine, arguments, scene), target=arguments.one("target"),
        platform=arguments.one("platform") or platform,
        cache=order.cache or bool(arguments.all("cache-from")), pull=arguments.on("pull"),
        network=arguments.one("network"), remote=machine.services,
        buildkit=scene.variables.get("DOCKER_BUILDKIT") == "1" or bool(arguments.all("cache-to")),
    )  # fmt: skip


def _context(machine: Machine, written: str, scene: Scene) -> Path:
    if written == "-":
        raise EngineFailed("acrlab: a context from standard input is not emulated", 1)
    if remote(written):
        target = machine.places.volume("docker_build_context")
        try:
            machine.services.fetch(Source(url=written, token=machine.order.source.token), target)
        except SourceFailed as failure:
            raise EngineFailed(f"unable to prepare context: {failure}", 1) from None
        return target
    found = machine.places.found(written, scene.directory)
    if found is None or not found.is_dir():
        raise EngineFailed(f'unable to prepare context: path "{written}" not found', 1)
    return found


def _dockerfile(machine: Machine, arguments: Arguments, context: Path, scene: Scene) -> str:
    """Relative to the context; -f is relative to where the command stands. Source: spec (docker build --file)."""
    written = arguments.one("file")
    if written == "-":
        raise EngineFailed("acrlab: a Dockerfile from standard input is not emulated", 1)
    path = machine.places.found(written, scene.directory) if written else context / "Dockerfile"
    if path is None or not path.is_file():
        told = absolute(written, scene.directory) if written else absolute("Dockerfile", scene.directory)
        raise EngineFailed(
            f"unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat {told}: no such file "
            "or directory", 1,
        )  # fmt: skip
    return relative(path, context)


def _tag(written: str) -> str:
    try:
        return valid(written)
    except EngineFailed as failure:
        told = f'invalid argument "{written}" for "-t, --tag" flag: {failure.text}\n\nUsage:  docker build [OPTIONS]'
        raise EngineFailed(f"{told} PATH | URL | -\n\nRun 'docker build --help' for more information", 125) from None


def _pairs(written: tuple[str, ...], variables: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for each in written:
        name, equals, value = each.partition("=")
        if equals or name in variables:
            found[name] = value if equals else variables[name]
    return found


def _secrets(machine: Machine, arguments: Arguments, scene: Scene) -> dict[str, bytes]:
    found = {}
    for each in arguments.all("secret"):
        fields = dict(part.partition("=")[::2] for part in each.split(","))
        name = fields.get("id", "")
        if "env" in fields or fields.get("type") == "env":
            found[name] = scene.variables.get(fields.get("env", name), "").encode()
            continue
        path = machine.places.found(fields.get("src") or fields.get("source") or name, scene.directory)
        if path is None or not path.is_file():
            raise EngineFailed(f"failed to stat {fields.get('src', name)}: no such file or directory", 1)
        found[name] = path.read_bytes()
    return found


class _Watch:
    """An event that is set when a limit is over."""

    def __init__(self, limit: Limit) -> None:
        self.limit, self.event, self.done = limit, threading.Event(), threading.Event()

    def __enter__(self) -> threading.Event:
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()
        return self.event

    def _look(self) -> None:
        while not self.done.wait(0.1):
            if self.limit.over:
                self.event.set()
                return

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()
