"""RUN: a process over the files of a stage, and the layer of what it changed."""

import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from acrlab.agents.accounts import account
from acrlab.agents.archive import Layer
from acrlab.agents.dockerfile import history
from acrlab.agents.dockerfile.files import absolute
from acrlab.agents.dockerfile.heredocs import marker
from acrlab.agents.dockerfile.instruction import Instruction
from acrlab.agents.dockerfile.log import Log
from acrlab.agents.dockerfile.mounts import Prepared
from acrlab.agents.dockerfile.origin import Origin
from acrlab.agents.dockerfile.settings import command
from acrlab.agents.dockerfile.stage import Work
from acrlab.agents.images import Platform
from acrlab.agents.protocol import Build, EngineFailed, Mount
from acrlab.agents.sandbox import Command, Process, Sandbox, foreign

_KIT = "Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled"
_POLL = 0.2  # seconds between two looks at whether a run was cancelled
_SCRIPT = "/dev/pipes/EOF"


class Running:
    """Does it for one build."""

    def __init__(
        self, what: Build, sandbox: Sandbox | None, refusal: str, scratch: Path, caches: Path,
        origin: Callable[[str], Origin], log: Log, cancelled: threading.Event,
    ) -> None:  # fmt: skip
        self._what, self._sandbox, self._refusal = what, sandbox, refusal
        self._scratch, self._caches, self._origin = scratch, caches, origin
        self._log, self._cancelled = log, cancelled

    def run(self, work: Work, instruction: Instruction) -> tuple[Layer | None, str]:
        """Raises: EngineFailed, in docker's words for a command that fails."""
        self._allowed(instruction)
        sandbox = self._able(work.draft.platform)
        argv, stdin = self._argv(work, instruction)
        prepared = Prepared(self._scratch, self._caches, self._what.secrets, absolute(work, "."), self._origin)
        try:
            for name, value in instruction.flags:
                if name == "mount":
                    prepared.add(work.expand(value))
            prepared.mounts += stdin
            self._process(sandbox, work, instruction, argv, prepared)
        finally:
            prepared.close()
        kit = self._what.buildkit
        layer = work.layer(work.tree.changed(gathered=sandbox.capabilities.users), always=kit)
        return layer, history.command(argv, work.told(kit=kit), kit=kit)

    def _allowed(self, instruction: Instruction) -> None:
        if self._what.buildkit:
            return
        for name, _ in instruction.flags:
            raise EngineFailed(f"the --{name} option requires BuildKit. {_KIT}")
        if instruction.heredocs:
            raise EngineFailed(f"a here-document in RUN requires BuildKit. {_KIT}")

    def _able(self, platform: Platform) -> Sandbox:
        if platform.os == "windows":
            raise EngineFailed("acrlab: RUN in an image for Windows needs Windows; COPY, ADD, ENV and the like do not")
        if self._sandbox is None:
            raise EngineFailed(self._refusal)
        able = self._sandbox.capabilities.platforms
        if able and not any(each.split("/")[:2] == [platform.os, platform.architecture] for each in able):
            raise EngineFailed(f"acrlab: RUN for {platform} cannot be done here: {foreign(able)}")
        return self._sandbox

    def _argv(self, work: Work, instruction: Instruction) -> tuple[tuple[str, ...], list[Mount]]:
        """The command; a here-document of its own is the shell's text, or a script where it begins with #!."""
        heredocs = instruction.heredocs
        if not heredocs:
            return self._plain(work, instruction), []
        text = heredocs[0].text
        if marker(instruction.arguments):
            if not text.startswith("#!"):
                return (*work.draft.shell, text), []
            script = Path(tempfile.mkdtemp(dir=self._scratch), "script")
            script.write_text(text)
            script.chmod(0o755)
            return (_SCRIPT,), [Mount(script, _SCRIPT, True)]
        whole = instruction.arguments + "\n" + "".join(f"{each.text}{each.name}\n" for each in heredocs)
        return (*work.draft.shell, whole), []

    def _plain(self, work: Work, instruction: Instruction) -> tuple[str, ...]:
        """RUN with nothing after it is a shell with nothing to do; the legacy builder gives it not even that."""
        argv = command(work.draft, instruction)
        if not argv and instruction.words is None:
            return (*work.draft.shell, "") if self._what.buildkit else work.draft.shell
        if not argv:
            raise EngineFailed("no command specified")
        return argv

    def _process(
        self, sandbox: Sandbox, work: Work, instruction: Instruction, argv: tuple[str, ...], prepared: Prepared
    ) -> None:
        container = secrets.token_hex(32)
        self._log.container(container)
        tree = work.tree
        user = account(tree.root, str(work.draft.config.get("User") or ""))
        host = "buildkitsandbox" if self._what.buildkit else container[:12]
        environment = {**work.draft.environment, **work.arguments, **prepared.environment}
        environment = {"HOSTNAME": host, "HOME": user.home if user.uid else "/root", **environment}
        volumes = self._volumes(work)
        tree.mark()
        process = sandbox.start(
            Command(
                root=tree.root, argv=argv, environment=environment, workdir=work.draft.workdir,
                user=(user.uid, user.gid, user.groups), mounts=(*volumes, *prepared.mounts), hostname=host,
                network=self._network(instruction), owners=tree.owners, architecture=work.draft.platform.architecture,
            ),
            self._log.output,
        )  # fmt: skip
        code = self._wait(process)
        tree.restored(process.restored)
        if code:
            raise self._failed(argv, code)
        self._log.removed(container)

    def _network(self, instruction: Instruction) -> str:
        asked = dict(instruction.flags).get("network", "")
        return asked if asked in ("none", "host") else self._what.network

    def _volumes(self, work: Work) -> list[Mount]:
        """The legacy builder forgets what a command writes into a volume."""
        if self._what.buildkit:
            return []
        mounts = []
        for volume in work.draft.config.get("Volumes") or {}:
            work.tree.make(volume)
            copy = Path(tempfile.mkdtemp(dir=self._scratch, prefix="volume-"), "content")
            shutil.copytree(work.tree.root / work.tree.place(volume), copy, symlinks=True)
            mounts.append(Mount(copy, volume))
        return mounts

    def _wait(self, process: Process) -> int:
        while (code := process.wait(_POLL)) is None:
            if self._cancelled.is_set():
                process.kill()
                process.wait()
                raise EngineFailed("Build cancelled")
        return code

    def _failed(self, argv: tuple[str, ...], code: int) -> EngineFailed:
        told = " ".join(argv)
        if self._what.buildkit:
            return EngineFailed(f'process "{told}" did not complete successfully: exit code: {code}', code)
        return EngineFailed(f"The command '{told}' returned a non-zero code: {code}", code)
