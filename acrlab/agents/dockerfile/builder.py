"""A Dockerfile and a context made into an image."""

import secrets
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from acrlab.agents.archive import Layer
from acrlab.agents.bases.labels import warning
from acrlab.agents.dockerfile import history, location
from acrlab.agents.dockerfile.arguments import Arguments, named, of_platforms
from acrlab.agents.dockerfile.checks import check
from acrlab.agents.dockerfile.draft import Draft
from acrlab.agents.dockerfile.files import Files
from acrlab.agents.dockerfile.ignore import Ignored
from acrlab.agents.dockerfile.instruction import Instruction
from acrlab.agents.dockerfile.known import Known, key
from acrlab.agents.dockerfile.log import Legacy, Log
from acrlab.agents.dockerfile.origin import Origin
from acrlab.agents.dockerfile.parser import Dockerfile, parsed
from acrlab.agents.dockerfile.progress import SHOWN, Progress
from acrlab.agents.dockerfile.running import Running
from acrlab.agents.dockerfile.settings import applied, is_setting
from acrlab.agents.dockerfile.stage import Work
from acrlab.agents.dockerfile.stages import Plan, Stage, labelled, needed, plan
from acrlab.agents.dockerfile.variables import expanded
from acrlab.agents.dockerfile.words import pairs
from acrlab.agents.images import Image, Images, Platform
from acrlab.agents.paths import within
from acrlab.agents.protocol import Build, Built, EngineFailed, Sink
from acrlab.agents.references import Reference
from acrlab.agents.sandbox import Sandbox
from acrlab.agents.tree import discard

DEFAULT = Platform("linux", "amd64")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What a build is done with. Without a sandbox nothing runs, and `refusal` says why."""

    images: Images
    folder: Path  # for what lives as long as the agent
    sandbox: Sandbox | None
    refusal: str
    now: Callable[[], float]
    platform: Platform = DEFAULT
    known: Known = msgspec.field(default_factory=Known)


def build(what: Build, machine: Machine, sink: Sink, cancelled: threading.Event) -> Built:
    """Raises: EngineFailed in docker's words."""
    machine.folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=machine.folder, prefix="build-"))
    try:
        return Builder(what, machine, scratch, sink, cancelled).build()
    finally:
        discard(scratch)


class Builder:
    """One build. What differs between the legacy builder and BuildKit asks `what.buildkit`."""

    def __init__(self, what: Build, machine: Machine, scratch: Path, sink: Sink, cancelled: threading.Event) -> None:
        self.what, self.machine, self.scratch, self.cancelled = what, machine, scratch, cancelled
        self._text = location.text(what)
        self.context = Origin(_context(what, scratch), _ignored(what))
        self.log: Log = Progress(sink, self._text, what.dockerfile) if what.buildkit else Legacy(sink)
        self.escape = "\\"
        self.platform = Platform.read(what.platform) if what.platform else machine.platform
        self._works: dict[str, Work] = {}
        self._origins: dict[str, Work] = {}
        self._bases: dict[str, str] = {}
        self._arguments = Arguments({}, {})

    def build(self) -> Built:
        tags = [Reference.read(tag).shown for tag in self.what.tags]
        self.log.context(self.context.size(), len(self._text.encode()))
        file, wanted = self._planned()
        self.escape = file.escape
        self._files = Files(self.what, self.origin, self.scratch, self.escape)
        self._running = Running(
            self.what, self.machine.sandbox, self.machine.refusal, self.scratch, self.machine.folder / "caches",
            self.origin, self.log, self.cancelled,
        )  # fmt: skip
        platforms = of_platforms(self.platform, self.machine.platform) if self.what.buildkit else {}
        self._arguments = Arguments(self.what.args, platforms)
        self._count(wanted)
        for instruction in wanted.arguments:
            self.log.step(instruction, "")
            self._arguments.declare(instruction, self._everywhere, self.escape)
        work = None
        wanted_stages = needed(wanted, self._everywhere) if self.what.buildkit else None
        for stage in wanted.stages:
            if wanted_stages is None or stage.name in wanted_stages:
                work = self._stage(stage)
        if work is None:
            raise EngineFailed("No image was generated. Is your Dockerfile empty?")
        return self._finish(work, tags)

    def _planned(self) -> tuple[Dockerfile, Plan]:
        try:
            file = parsed(self._text)
            found = plan(file, self.what.target)
            if not found:
                target = self.what.target
                missing = f"failed to reach build target {target} in Dockerfile"
                kit = f'target stage "{target}" could not be found'
                raise EngineFailed(kit if self.what.buildkit else missing)
            return file, labelled(found, self.what.labels)
        except EngineFailed as failure:
            raise self.log.parse_failed(failure) from failure

    def _count(self, wanted: Plan) -> None:
        if isinstance(self.log, Legacy):
            self.log.steps = wanted.steps
        elif isinstance(self.log, Progress):
            for stage in wanted.stages:
                shown = [each for each in stage.instructions if each.keyword in SHOWN]
                self.log.totals[stage.name] = 1 + len(shown)

    def _everywhere(self, text: str) -> str:
        return expanded(text, self._arguments.everywhere, self.escape)

    def _stage(self, stage: Stage) -> Work:
        instruction = stage.start
        try:
            self.log.step(stage.start, stage.name)
            work = self._works[stage.name] = self._begun(stage)
            self.log.done(work.draft.id)
            for instruction in stage.instructions:
                if self.cancelled.is_set():
                    self.log.note("Build cancelled")
                    raise EngineFailed("Build cancelled")
                self.log.step(instruction, stage.name)
                self._do(work, instruction)
                self.log.done(work.draft.id)
            return work
        except OSError as failure:
            raise self.log.failed(EngineFailed(str(failure)), instruction) from failure
        except EngineFailed as failure:
            raise self.log.failed(failure, instruction) from failure

    def _begun(self, stage: Stage) -> Work:
        base = self._everywhere(stage.base)
        if not base:
            raise EngineFailed(f"base name ({stage.base}) should not be blank")
        platform = self._platform(stage.platform) if stage.platform else self.platform
        draft = self._base(base, platform, asked=bool(stage.platform or self.what.platform))
        work = Work(draft, stage.name, self._arguments, self.machine.images, self.scratch, self.escape)
        if self.what.buildkit and base.lower() in self._works:
            work.follow(self._works[base.lower()])
        draft.default_path()
        triggers = draft.config.pop("OnBuild", None) or []
        if triggers:
            self.log.note(f"# Executing {len(triggers)} build trigger{'s' if len(triggers) > 1 else ''}")
        for trigger in triggers:
            file = parsed(trigger)
            for instruction in file.instructions:
                check(instruction, file.escape)
                self._do(work, instruction)
        return work

    def _platform(self, asked: str) -> Platform:
        """Of --platform. The legacy builder has no BUILDPLATFORM and the like: they are empty."""
        text = self._everywhere(asked)
        if not text:
            rule = 'platform specifier component must match "^[A-Za-z0-9_-]+$": invalid argument'
            raise EngineFailed(f'failed to parse platform : "" is an invalid component of "": {rule}')
        return Platform.read(text)

    def _base(self, base: str, platform: Platform, *, asked: bool = False) -> Draft:
        if base.lower() in self._works:
            return self._works[base.lower()].draft.copied()
        if base == "scratch":
            return Draft(platform, workdir="/" if self.what.buildkit else "")
        image = self._image(base, platform, asked=asked)
        return Draft.of(image, self.machine.images.config(image), platform)

    def _image(self, name: str, platform: Platform, *, asked: bool) -> Image:
        """A local image, of the platform where one was asked for, else one that is pulled."""
        images = self.machine.images
        image = images.find(name) if not self.what.pull else None
        if image is None or (asked and not platform.holds(images.config(image))):
            sink = (lambda data: None) if self.what.buildkit else self.log.output
            image = images.pull(name, platform, sink)
            if said := warning(name, images.config(image)):
                self.log.note(said)
        self._bases[name] = images.digest(name)
        return image

    def origin(self, name: str) -> Origin:
        """What --from names: a stage, by name or number, or an image; nothing is the context."""
        if not name:
            return self.context
        work = self._works.get(name.lower()) or self._numbered(name) or self._origins.get(name)
        if work is None:
            try:
                draft = self._base(name, self.platform)
            except EngineFailed as failure:
                raise EngineFailed(f"invalid from flag value {name}: {failure.text}") from failure
            work = Work(draft, name, self._arguments, self.machine.images, self.scratch, self.escape)
            self._origins[name] = work
        return Origin(work.tree.root, owner=work.tree.owner)

    def _numbered(self, name: str) -> Work | None:
        works = list(self._works.values())
        return works[int(name)] if name.isdigit() and int(name) < len(works) else None

    def _do(self, work: Work, instruction: Instruction) -> None:
        told = self._declared(work, instruction) if instruction.keyword == "ARG" else ""
        key = self._key(work, instruction) if self.what.cache else ""
        known = self.machine.known.get(key)
        if known:
            work.become(known)
            self.log.cached()
            return
        self._done(work, instruction, told)
        self.machine.known.put(key, work.draft)

    def _declared(self, work: Work, instruction: Instruction) -> str:
        """ARG; how the history tells it."""
        words = []
        for name, default in named(instruction, work.expand, self.escape):
            value = work.declare(name, default, kit=self.what.buildkit)
            shown = self.what.buildkit or default is not None or name in self.what.args
            words.append(f"{name}={value}" if shown and value is not None else name)
        return f"ARG {' '.join(words)}"

    def _key(self, work: Work, instruction: Instruction) -> str:
        """What the outcome depends on; nothing for what is not to be remembered."""
        content = ""
        if instruction.keyword in ("COPY", "ADD"):
            content = self._files.fingerprint(work, instruction)
        forgotten = instruction.keyword in ("COPY", "ADD") and not content
        if forgotten or (instruction.keyword == "RUN" and instruction.flags):
            return ""
        heredocs = [heredoc.text for heredoc in instruction.heredocs]
        return key(
            work.draft.id, str(work.draft.platform), str(self.what.buildkit), instruction.text, *heredocs, content,
            *(f"{name}={value}" for name, value in sorted({**work.arguments, **work.variables}.items())),
        )  # fmt: skip

    def _done(self, work: Work, instruction: Instruction, told: str) -> None:
        kit = self.what.buildkit
        if is_setting(instruction):
            if instruction.keyword == "ENV":
                work.settle(work.expand(name) for name, _ in pairs(instruction.arguments, self.escape))
            told = applied(work.draft, instruction, work.expand, self.escape, kit=kit)
            self._set(work, history.setting(work.draft, told, kit=kit))
        elif instruction.keyword == "ARG":
            self._set(work, history.setting(work.draft, told, kit=kit))
        elif instruction.keyword == "WORKDIR":
            self._set(work, *self._files.workdir(work, instruction)[::-1])
        else:
            do = self._running.run if instruction.keyword == "RUN" else self._files.transfer
            layer, told = do(work, instruction)
            self._commit(work, told, layer)

    def _set(self, work: Work, told: str, layer: Layer | None = None) -> None:
        """What the legacy builder makes a container for that is never started."""
        container = secrets.token_hex(32)
        if not self.what.buildkit:
            self.log.container(container)
        self._commit(work, told, layer)
        if not self.what.buildkit:
            self.log.removed(container)

    def _commit(self, work: Work, told: str, layer: Layer | None) -> None:
        comment = history.COMMENT if self.what.buildkit else ""
        work.draft.commit(told, self.machine.now(), layer, comment)

    def _finish(self, work: Work, tags: list[str]) -> Built:
        images, draft = self.machine.images, work.draft
        unused = self._arguments.unused()
        if unused and not self.what.buildkit:
            self.log.note(f"[Warning] One or more build-args [{' '.join(unused)}] were not consumed")
        if not draft.id:
            raise EngineFailed("No image was generated. Is your Dockerfile empty?")
        image = draft.image or images.create(draft.document(), draft.layers)
        images.keep(image)
        for tag in self.what.tags:
            images.name(tag, image)
        self.log.finished(image.id, tags)
        for each in (*self._works.values(), *self._origins.values()):
            each.close()
        return Built(image.id, self.what.tags, self._bases)


def _context(what: Build, scratch: Path) -> Path:
    if what.context.is_dir():
        return what.context
    empty = scratch / "context"
    empty.mkdir()
    return empty


def _ignored(what: Build) -> Ignored | None:
    """Of .dockerignore; BuildKit first looks for one beside the Dockerfile."""
    own = location.path(what, ".dockerignore")
    file = own if what.buildkit and own.is_file() else within(what.context, ".dockerignore")
    return Ignored(file.read_text(errors="replace")) if file.is_file() else None
