"""docker's command line over an agent, as far as steps use it.

Source: spec (docker CLI reference); recorded where its words are in the logs.
"""

import secrets
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from acrlab.agents.protocol import Container, EngineFailed, Mount
from acrlab.agents.runner.building import build
from acrlab.agents.runner.flags import Arguments, FlagInvalid, read
from acrlab.agents.runner.images import images, inspect
from acrlab.agents.runner.machine import Machine, Scene, repository, valid, waited
from acrlab.agents.runner.manifests import manifest
from acrlab.agents.runner.tools import LENT, TOOLS
from acrlab.domain.tasks.alias import IMAGES
from acrlab.domain.tasks.dependencies import normalised

NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
HONOURED = frozenset((
    "rm", "tty", "interactive", "sig-proxy", "quiet", "restart", "init", "label", "name", "log-driver", "log-opt",
    "detach", "env", "volume", "workdir", "user", "network", "entrypoint", "publish", "expose", "isolation", "cpus",
    "privileged", "pull", "platform",
))  # fmt: skip
HELP = "\n\nRun 'docker run --help' for more information"
DAEMON = "Error response from daemon: "
PRELOADED = frozenset(repository(image) for image in IMAGES.values())  # agents have them; source: recorded
CLIENT = "28.2.2"


class Docker:
    """Runs one command of docker; used by several threads at once."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def __call__(self, argv: Sequence[str], scene: Scene) -> int:
        """The exit code. Raises: Interrupted."""
        name, *rest = argv or [""]
        if name in ("image", "container") and rest:
            name, *rest = rest
            name = {"ls": "images", "rm": "rmi"}.get(name, name) if argv[0] == "image" else name
        command = COMMANDS.get(name)
        if command is None:
            scene.complain(f"docker: '{name}' is not a docker command.\nSee 'docker --help'" if name.isalpha() else
                      f"unknown flag: {name}\nSee 'docker --help'.")  # fmt: skip
            return 1
        try:
            return command(self, read(name, rest), scene)
        except FlagInvalid as invalid:
            scene.complain(str(invalid))
            return 125
        except EngineFailed as failure:
            scene.complain(failure.text)
            return failure.code

    # Containers.

    def run(self, arguments: Arguments, scene: Scene) -> int:
        """`docker run`. Raises: Interrupted."""
        if not arguments.words:
            scene.complain("\"docker run\" requires at least 1 argument.\nSee 'docker run --help'.")
            return 1
        image, *command = arguments.words
        name = arguments.one("name")
        try:
            valid(image)
            self._check(arguments, name, scene)
            tool = None if arguments.one("entrypoint") else TOOLS.get(repository(image))
            if tool and (code := tool(self.machine, command, self._inside(arguments, scene), self)) is not None:
                return code
            self._present(image, arguments, scene)
            container = self._container(image, tuple(command), arguments)
            return self._started(self._lent(container) if repository(image) in LENT else container, scene)
        except EngineFailed as failure:
            text = failure.text.removeprefix("docker: ").removeprefix(DAEMON)
            scene.complain(f"docker: {'' if text.startswith('invalid reference') else DAEMON}{text}{HELP}")
            return failure.code if failure.code in (125, 126, 127) else 125

    def _check(self, arguments: Arguments, name: str, scene: Scene) -> None:
        if name and (len(name) < 2 or set(name) - NAME or name[0] in "_.-"):
            raise EngineFailed(f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
        for flag in sorted(arguments.flags.keys() - HONOURED):
            scene.complain(f"acrlab: --{flag} is not emulated and has no effect")

    def _inside(self, arguments: Arguments, scene: Scene) -> Scene:
        """What a tool finds inside its container."""
        variables = self._environment(arguments)
        return replace(scene, directory=arguments.one("workdir") or "/", variables=variables)

    def _environment(self, arguments: Arguments) -> dict[str, str]:
        pairs = (each.partition("=") for each in arguments.all("env"))
        return {name: value for name, equals, value in pairs if equals}

    def _present(self, image: str, arguments: Arguments, scene: Scene) -> None:
        here, platform = self.machine.local(image), arguments.one("platform")
        if here and arguments.one("pull") != "always":
            return  # of another platform, the agent looks again
        if arguments.one("pull") == "never":
            raise EngineFailed(f"No such image: {normalised(image)}", 125)
        quiet = repository(image) in PRELOADED
        if not here and not quiet:
            scene.complain(f"Unable to find image '{normalised(image)}' locally")
        self.machine.agent.pull(normalised(image), _nowhere if quiet else scene.errors or scene.sink, platform)

    def _container(self, image: str, command: tuple[str, ...], arguments: Arguments) -> Container:
        entrypoint = arguments.one("entrypoint")
        return Container(
            image=normalised(image), name=arguments.one("name") or f"run_{secrets.token_hex(6)}",
            command=command or None, entrypoint=(entrypoint,) if entrypoint else None,
            environment=self._environment(arguments), workdir=arguments.one("workdir"), user=arguments.one("user"),
            mounts=tuple(self._mount(each) for each in arguments.all("volume")), network=arguments.one("network"),
            ports=arguments.all("publish"), expose=arguments.all("expose"), cpus=arguments.one("cpus"),
            isolation=arguments.one("isolation"), privileged=arguments.on("privileged"),
            platform=arguments.one("platform"),
            detach=arguments.on("detach"), remove=arguments.on("rm"),
        )  # fmt: skip

    def _lent(self, container: Container) -> Container:
        loan = self.machine.services.loan(self.machine.agent.capabilities)
        return replace(
            container, mounts=(*container.mounts, *loan.mounts), network=loan.network or container.network,
            environment={**loan.environment, **container.environment},
        )  # fmt: skip

    def _mount(self, written: str) -> Mount:
        source, _, rest = written.partition(":")
        target, _, options = rest.partition(":")
        if not target:
            source, target = f"anonymous_{secrets.token_hex(8)}", source
        if not source.startswith(("/", ".", "~")):
            return Mount(self.machine.places.volume(valid(source)), target, options == "ro")
        place = self.machine.places.found(source)
        if place is None:
            raise EngineFailed(
                f"acrlab: {source} is a path of the agent, and nothing of it is in a container here", 125
            )
        return Mount(place, target, options == "ro")

    def _started(self, container: Container, scene: Scene) -> int:
        if not self.machine.named(container.name):
            raise EngineFailed(
                f'Conflict. The container name "/{container.name}" is already in use. You have to remove (or rename) '
                "that container to be able to reuse that name.", 125,
            )  # fmt: skip
        try:
            running = self.machine.agent.start(container, _nowhere if container.detach else scene.sink)
            if container.detach:
                scene.say(running.id)
                return 0
            return waited(running, scene.limit)
        finally:
            if container.remove and not container.detach:
                self.machine.unnamed(container.name)

    def rm(self, arguments: Arguments, scene: Scene) -> int:
        """`docker rm`, `kill`, `stop`."""
        for name in arguments.words:
            self.machine.agent.remove(name)
            self.machine.unnamed(name)
            scene.say(name)
        return 0

    # Images.

    def pull(self, arguments: Arguments, scene: Scene) -> int:
        """`docker pull`."""
        reference = self._one(arguments, "pull", 1)[0]
        platform = arguments.one("platform")
        self._engine(lambda: self.machine.agent.pull(normalised(valid(reference)), scene.sink, platform))
        return 0

    def push(self, arguments: Arguments, scene: Scene) -> int:
        """`docker push`."""
        reference = self._one(arguments, "push", 1)[0]
        self._engine(lambda: self.machine.agent.push(normalised(valid(reference)), scene.sink))
        return 0

    def tag(self, arguments: Arguments, scene: Scene) -> int:
        """`docker tag`."""
        source, target = self._one(arguments, "tag", 2)
        self._engine(lambda: self.machine.agent.tag(normalised(valid(source)), normalised(valid(target))))
        return 0

    def _engine(self, call: Callable[[], object]) -> None:
        try:
            call()
        except EngineFailed as failure:
            known = failure.text.startswith((DAEMON, "An image does not exist", "acrlab", "invalid reference"))
            raise EngineFailed(failure.text if known else f"{DAEMON}{failure.text}", 1) from None

    def _one(self, arguments: Arguments, name: str, count: int) -> tuple[str, ...]:
        if len(arguments.words) != count:
            words = "argument" if count == 1 else "arguments"
            raise EngineFailed(f"docker: 'docker {name}' requires {count} {words}\n\nRun 'docker {name} --help' for "
                               "more information", 1)  # fmt: skip
        return arguments.words

    # Registries and the rest.

    def login(self, arguments: Arguments, scene: Scene) -> int:
        """`docker login`."""
        server = arguments.words[0] if arguments.words else "docker.io"
        password = arguments.one("password") or scene.stdin.decode(errors="replace").strip()
        if not arguments.one("username") or not password:
            scene.say("Error: Cannot perform an interactive login from a non TTY device")
            return 1
        self.machine.registries.login(server.removeprefix("https://"), arguments.one("username"), password)
        scene.say("Login Succeeded")
        return 0

    def logout(self, arguments: Arguments, scene: Scene) -> int:
        """`docker logout`: the credentials of a run end with it anyway."""
        scene.say(f"Removing login credentials for {arguments.words[0] if arguments.words else 'docker.io'}")
        return 0

    def network(self, arguments: Arguments, scene: Scene) -> int:
        """`docker network create` and `rm`."""
        action, *names = arguments.words or ("",)
        if action not in ("create", "rm") or not names:
            scene.say(f"acrlab: docker network {action} is not emulated")
            return 1
        for name in names:
            self.machine.agent.network(name, arguments.one("driver", "bridge"), create=action == "create")
            scene.say(name)
        return 0

    def version(self, arguments: Arguments, scene: Scene) -> int:
        """`docker version`: of the client whose words are imitated, and of the engine that works."""
        found = self.machine.agent.capabilities
        scene.say(f"Client:\n Version:           {CLIENT} (imitated)\n\nServer: acrlab\n Engine:\n  Name:             "
                  f"{found.engine} {found.rung}".rstrip())  # fmt: skip
        return 0

    def build(self, arguments: Arguments, scene: Scene) -> int:
        """`docker build`."""
        return build(self.machine, arguments, scene)

    def images(self, arguments: Arguments, scene: Scene) -> int:
        """`docker images`."""
        return images(self.machine, arguments, scene)

    def inspect(self, arguments: Arguments, scene: Scene) -> int:
        """`docker inspect`."""
        return inspect(self.machine, arguments, scene)

    def manifest(self, arguments: Arguments, scene: Scene) -> int:
        """`docker manifest`."""
        return manifest(self.machine, arguments, scene)

    def refused(self, arguments: Arguments, scene: Scene) -> int:
        """What an agent does not offer."""
        scene.say("acrlab: this command of docker is not emulated")
        return 1


def _nowhere(data: bytes) -> None:
    """What nobody is told."""


COMMANDS: dict[str, Callable[[Docker, Arguments, Scene], int]] = {
    "run": Docker.run, "build": Docker.build, "pull": Docker.pull, "push": Docker.push, "tag": Docker.tag,
    "images": Docker.images, "inspect": Docker.inspect, "login": Docker.login, "logout": Docker.logout,
    "rm": Docker.rm, "kill": Docker.rm, "stop": Docker.rm, "network": Docker.network, "version": Docker.version,
    "info": Docker.version, "manifest": Docker.manifest, "rmi": Docker.refused, "volume": Docker.refused,
}  # fmt: skip
