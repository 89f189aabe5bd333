"""The agent's shell: lines of steps, with docker at hand and everything else in a container of its own.

On a real agent, what follows && runs on the agent itself. Here nothing of a task runs outside of containers.
"""

import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from acrlab.agents.protocol import Container, EngineFailed, Mount, Sink
from acrlab.agents.runner.docker import Docker
from acrlab.agents.runner.machine import Machine, Scene, waited
from acrlab.agents.runner.places import WORKSPACE
from acrlab.domain.tasks.alias import IMAGES
from acrlab.domain.tasks.shell import ASSIGNMENT, Redirection, Script, ShellInvalid, Simple, expand, parse

VARIABLES = {"HOME": "/root", "PWD": WORKSPACE, "USER": "root", "SHELL": "/bin/bash"}  # source: recorded ($HOME)
MOST = 16 << 20  # bytes that a substitution or a pipe holds
STDIN = "/acb/stdin"
STAND_IN = re.compile(rb"\[Warning\] \S+ is a stand-in: ")  # what engines say of an image, where containers speak


class Shell:
    """Takes lines; used by several threads at once."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.docker = machine, Docker(machine)

    def __call__(self, line: str, scene: Scene) -> int:
        """The exit code. Raises: Interrupted."""
        try:
            return _Session(self, dict(VARIABLES)).script(parse(line), scene)
        except ShellInvalid as invalid:
            scene.complain(str(invalid))
            return 2


class _Left(Exception):
    """`exit` on its way out."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _Session:
    def __init__(self, shell: Shell, variables: dict[str, str]) -> None:
        self.shell, self.variables = shell, variables

    def script(self, script: Script, scene: Scene) -> int:
        code = 0
        try:
            for pipeline in script:
                if (pipeline.after == "&&" and code) or (pipeline.after == "||" and not code):
                    continue
                code = self._pipeline(pipeline.commands, scene)
                self.variables["?"] = str(code)
        except _Left as left:
            return left.code
        return code

    def _pipeline(self, commands: Sequence[Simple], scene: Scene) -> int:
        stdin = scene.stdin
        for command in commands[:-1]:
            held = _Held(scene)
            self._simple(command, replace(scene, sink=held, stdin=stdin, errors=held.errors))
            stdin = bytes(held.data)
        return self._simple(commands[-1], replace(scene, stdin=stdin))

    def _output(self, script: Script, scene: Scene) -> str:
        held = _Held(scene)
        session = _Session(self.shell, dict(self.variables))
        session.script(script, replace(scene, sink=held, stdin=b"", errors=held.errors))
        return held.data.decode(errors="replace")

    def _simple(self, command: Simple, scene: Scene) -> int:
        fields = [
            field
            for word in command.words
            for field in expand(word, self.variables, lambda script: self._output(script, scene))
        ]
        scene = self._redirected(command.redirections, scene)
        set_here = 0
        while set_here < len(fields) and ASSIGNMENT.match(fields[set_here]):
            set_here += 1
        if set_here == len(fields):
            self.variables.update(field.partition("=")[::2] for field in fields)
            return 0
        name, *rest = fields[set_here:]
        builtin = BUILTINS.get(name)
        if builtin:
            return int(builtin(self, rest, scene))
        if name == "docker":
            return self.shell.docker(rest, scene)
        return self._program((name, *rest), scene)

    def _redirected(self, redirections: Sequence[Redirection], scene: Scene) -> Scene:
        for each in redirections:
            scene = self._redirect(each, scene)
        return scene

    def _redirect(self, each: Redirection, scene: Scene) -> Scene:
        target = " ".join(expand(each.target, self.variables, lambda script: self._output(script, scene)))
        if each.operator == ">&":
            aside = scene.errors or scene.sink
            return replace(scene, errors=scene.sink) if each.stream == "2" else replace(scene, sink=aside)
        path = None if target == "/dev/null" else self.shell.machine.places.found(target, scene.directory)
        if target != "/dev/null" and path is None:
            raise ShellInvalid(f"/bin/sh: 1: cannot create {target}: Permission denied")
        try:
            if each.operator == "<":
                return replace(scene, stdin=path.read_bytes()[:MOST] if path else b"")
            sink = _written(path, append=each.operator == ">>") if path else _nowhere
        except OSError as error:
            raise ShellInvalid(f"/bin/sh: 1: cannot open {target}: {error.strerror}") from None
        if each.stream == "2":
            return replace(scene, errors=sink)
        return replace(scene, sink=sink, errors=scene.errors or scene.sink)

    def _program(self, argv: tuple[str, ...], scene: Scene) -> int:
        """A program of the agent: in a container of the image with a shell, as nobody but the run."""
        machine, image = self.shell.machine, IMAGES["bash"]
        mounts = machine.places.standard()
        entrypoint, command = (argv[0],), argv[1:]
        if scene.stdin:
            name = secrets.token_hex(8)
            (machine.places.volume("acb_stdin") / name).write_bytes(scene.stdin)
            mounts = (*mounts, Mount(machine.places.volume("acb_stdin"), STDIN, True))
            entrypoint, command = ("/bin/sh",), ("-c", f'exec "$@" < {STDIN}/{name}', "sh", *argv)
        container = Container(
            image=image, name=f"acb_shell_{secrets.token_hex(6)}", entrypoint=entrypoint, command=command,
            environment={"HOME": "/root"}, workdir=scene.directory, mounts=mounts,
        )  # fmt: skip
        try:
            if not machine.local(image):
                machine.agent.pull(image, _nowhere)
            return waited(machine.agent.start(container, scene.sink), scene.limit)
        except EngineFailed as failure:
            scene.complain(f"/bin/sh: 1: {argv[0]}: acrlab: the agent has no container for it: {failure.text}")
            return 127

    # What the shell does itself.

    def _echo(self, words: Sequence[str], scene: Scene) -> int:
        scene.sink(
            " ".join(words[1:] if words[:1] == ["-n"] else words).encode() + (b"" if words[:1] == ["-n"] else b"\n")
        )
        return 0

    def _exit(self, words: Sequence[str], scene: Scene) -> int:
        raise _Left(int(words[0]) % 256 if words and words[0].isdigit() else int(self.variables.get("?", "0")))

    def _export(self, words: Sequence[str], scene: Scene) -> int:
        self.variables.update(word.partition("=")[::2] for word in words if "=" in word)
        return 0

    def _true(self, words: Sequence[str], scene: Scene) -> int:
        return 0

    def _false(self, words: Sequence[str], scene: Scene) -> int:
        return 1

    def _pwd(self, words: Sequence[str], scene: Scene) -> int:
        scene.say(scene.directory)
        return 0


BUILTINS = {
    "echo": _Session._echo, "exit": _Session._exit, "export": _Session._export, "true": _Session._true,
    ":": _Session._true, "false": _Session._false, "pwd": _Session._pwd,
}  # fmt: skip


class _Held:
    """Output that is kept, up to a size. That an image is a stand-in is said to whoever reads the log."""

    def __init__(self, scene: Scene) -> None:
        self.data, self.errors = bytearray(), scene.errors or scene.sink

    def __call__(self, data: bytes) -> None:
        if STAND_IN.match(data):
            self.errors(data)
            return
        if len(self.data) + len(data) > MOST:
            raise ShellInvalid(f"acrlab: more than {MOST >> 20} MiB in a pipe of the agent's shell")
        self.data += data


def _nowhere(data: bytes) -> None:
    """/dev/null."""


def _written(path: Path, append: bool) -> Sink:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not append:
        path.write_bytes(b"")

    def write(data: bytes) -> None:
        with path.open("ab") as file:
            file.write(data)

    return write
