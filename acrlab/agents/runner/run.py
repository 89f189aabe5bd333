"""A run from its order to its ending: quick builds."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from acrlab.agents.protocol import Agent, Build, Built, EngineFailed, Registries
from acrlab.agents.runner.context import prepare
from acrlab.agents.runner.lines import Lines, Output
from acrlab.agents.runner.services import Services, SourceFailed
from acrlab.domain.tasks.dependencies import ScanFailed, image, normalised, scan
from acrlab.domain.tasks.run import Dependency, Ending, Image, Order

BUILD_TIMEOUT, PUSH_TIMEOUT, ATTEMPTS = 28800, 3600, 3  # seconds, seconds, times
FAILED = "failed during run, err: exit status 1"


class StepFailed(Exception):
    """A step ended the run; the text follows `failed to run step ID: `."""


def execute(
    order: Order,
    agent: Agent,
    registries: Registries,
    services: Services,
    workspace: Path,
    log: Callable[[str], None],
    cancelled: threading.Event,
    now: Callable[[], float],
) -> Ending:
    """Do what was ordered and tell how it ended; what goes wrong is in the log and the ending, never raised."""
    lines = Lines(log, now)
    if not order.dockerfile:
        lines.plain("acrlab: multi-step tasks are not emulated yet")
        return Ending(status="Error", error="multi-step tasks are not emulated yet")
    try:
        dependencies = _build(order, agent, services, workspace / "workspace", lines, cancelled)
    except SourceFailed as failure:
        lines.plain(str(failure))
        return Ending(status="Failed", error=str(failure))
    except StepFailed as failure:
        if cancelled.is_set():
            return Ending(status="Canceled")
        lines.plain(f"failed to run step ID: {failure}")
        return Ending(status="Failed", error=FAILED)
    pushed = tuple(found.image for found in dependencies) if order.push else ()
    return Ending(status="Succeeded", images=pushed, dependencies=dependencies)


def _build(
    order: Order, agent: Agent, services: Services, folder: Path, lines: Lines, cancelled: threading.Event
) -> tuple[Dependency, ...]:
    if order.source.url or order.source.upload:
        lines.say("Downloading source code...")
    commit = prepare(order.source, services, folder)
    if order.source.url or order.source.upload:
        lines.say("Finished downloading source code")
    for text in ("Setting up Docker configuration...", "Successfully set up Docker configuration"):
        lines.say(text)
    for login in (order.registry, *order.logins):
        lines.say(f"Logging in to registry: {login}")
        lines.say(f"Successfully logged into {login}")
    tags = tuple(_named(order.registry, name) for name in order.images)
    started = time.monotonic()
    runtime, others, built = _build_step(order, agent, folder, tags, lines, cancelled)
    elapsed = time.monotonic() - started
    started = time.monotonic()
    if order.push and tags:
        _push_step(agent, tags, lines, cancelled)
    lines.say(f"Step ID: build marked as successful (elapsed time in seconds: {elapsed:.6f})")
    lines.say("Populating digests for step ID: build...")
    found = tuple(
        Dependency(
            _with_digest(agent, built, tag),
            _with_digest(agent, built, runtime),
            tuple(_with_digest(agent, built, name) for name in others),
            commit,
        )
        for tag in tags
    )
    lines.say("Successfully populated digests for step ID: build")
    if order.push and tags:
        lines.say(f"Step ID: push marked as successful (elapsed time in seconds: {time.monotonic() - started:.6f})")
    for line in _told(found, lines):
        lines.plain(line)
    return found


def _build_step(
    order: Order, agent: Agent, folder: Path, tags: tuple[str, ...], lines: Lines, cancelled: threading.Event
) -> tuple[str, tuple[str, ...], Built]:
    lines.say(f"Executing step ID: build. Timeout(sec): {BUILD_TIMEOUT}, Working directory: '', Network: ''")
    lines.say("Scanning for dependencies...")
    try:
        path = (folder / order.dockerfile).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise FileNotFoundError
        runtime, others = scan(path.read_text(errors="replace"), order.arguments, order.target)
    except (OSError, ScanFailed) as failure:
        name = order.dockerfile
        missing = f"error opening dockerfile: {name}, error: open {name}: no such file or directory"
        text = str(failure) if isinstance(failure, ScanFailed) else missing
        lines.say(f"Output from dependency scanning: {text}")
        raise StepFailed("build: failed to scan dependencies: exit status 1") from failure
    lines.say("Successfully scanned dependencies")
    lines.say("Launching container with name: build")
    output = Output(lines)
    platform = "/".join(part for part in (order.os, order.architecture, order.variant) if part)
    what = Build(
        context=folder, dockerfile=order.dockerfile, tags=tags, args=order.arguments, target=order.target,
        platform=platform, cache=order.cache,
    )  # fmt: skip
    try:
        built = agent.build(what, output, cancelled)
    except EngineFailed as failure:
        output.end()
        lines.plain(failure.text)
        lines.say("Container failed during run: build. No retries remaining.")
        raise StepFailed("build: exit status 1") from failure
    output.end()
    lines.say("Successfully executed container: build")
    return runtime, others, built


def _push_step(agent: Agent, tags: tuple[str, ...], lines: Lines, cancelled: threading.Event) -> None:
    lines.say(f"Executing step ID: push. Timeout(sec): {PUSH_TIMEOUT}, Working directory: '', Network: ''")
    for tag in dict.fromkeys(tags):
        for attempt in range(1, ATTEMPTS + 1):
            lines.say(f"Pushing image: {tag}, attempt {attempt}")
            output = Output(lines)
            try:
                agent.push(tag, output)
                output.end()
                break
            except EngineFailed as failure:
                output.end()
                lines.plain(failure.text)
                if cancelled.wait(0.25 * 2**attempt) or attempt == ATTEMPTS:
                    raise StepFailed("push: failed to push images successfully") from failure
        lines.say(f"Successfully pushed image: {tag}")


def _named(registry: str, name: str) -> str:
    name = normalised(name)
    return name if name.startswith((f"{registry}/", "library/")) else f"{registry}/{name}"


def _with_digest(agent: Agent, built: Built, name: str) -> Image:
    found = image(normalised(name))
    digest = found.digest or built.bases.get(name, "") or ("" if name == "scratch" else agent.digest(normalised(name)))
    return Image(found.registry, found.repository, found.tag, digest)


def _told(found: tuple[Dependency, ...], lines: Lines) -> list[str]:
    """The dependencies as the service shows them. Source: doc (tutorial-quick-task)."""
    if not found:
        return []
    lines.say("The following dependencies were found:")
    lines.say("")
    told: list[str] = []
    for one in found:
        told += ["- image:", *_parts(one.image, "    ")]
        if one.runtime:
            told += ["  runtime-dependency:", *_parts(one.runtime, "    ")]
        if one.buildtime:
            told.append("  buildtime-dependency:")
        for other in one.buildtime:
            first, *rest = _parts(other, "")
            told += [f"  - {first}", *(f"    {part}" for part in rest)]
        told += ["  git:", f"    git-head-revision: {one.commit}"] if one.commit else ["  git: {}"]
    return [*told, ""]


def _parts(one: Image, indent: str) -> list[str]:
    parts = {"registry": one.registry, "repository": one.repository, "tag": one.tag, "digest": one.digest}
    return [f"{indent}{key}: {value}" for key, value in parts.items() if value]
