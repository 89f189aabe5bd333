"""acr-cli as tasks use it, without its image: purge, tags, manifests.

Source: the tool's open source (cmd/acr, 2026): its flags, its words; the work is that of `engine.lifecycle.purge`.
"""

from collections.abc import Callable, Sequence

import msgspec

from acrlab.domain.access import Principal
from acrlab.domain.errors import Condition, Unauthenticated
from acrlab.domain.purges import Options
from acrlab.engine import manifests, repositories, tokens
from acrlab.engine.lifecycle.purge import purge
from acrlab.engine.state import Registry
from acrlab.engine.world import World

VERSION = "0.19"
SHORT = {"-f": "--filter", "-r": "--registry", "-u": "--username", "-p": "--password", "-c": "--config"}
EVERYWHERE = frozenset(("--registry", "--username", "--password", "--config"))
TAKING = {
    "purge": EVERYWHERE | {"--filter", "--ago", "--keep", "--concurrency", "--repository-page-size",
                           "--filter-timeout-seconds"},
    "tag": EVERYWHERE | {"--repository"}, "manifest": EVERYWHERE | {"--repository"}, "version": frozenset[str](),
}  # fmt: skip
SWITCHES = {
    "purge": frozenset(("--untagged", "--untagged-only", "--dry-run", "--include-locked")),
    "tag": frozenset[str](), "manifest": frozenset[str](), "version": frozenset[str](),
}  # fmt: skip
DRY = "DRY RUN: The following output shows what WOULD be deleted if the purge command was executed. Nothing is deleted."


class CommandFailed(Exception):
    """The text follows `Error: `."""


class Given(msgspec.Struct, frozen=True):
    """The arguments of one command."""

    flags: dict[str, list[str]]
    words: tuple[str, ...]

    def one(self, name: str, default: str = "") -> str:
        """The last value of a flag."""
        return self.flags.get(name, [default])[-1]

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.one(name, "false") == "true"


class AcrCli:
    """For one run: `find` gives the registry behind a login server and whom the run is there."""

    def __init__(self, world: World, own: str, find: Callable[[str], tuple[Registry, Principal]]) -> None:
        self._world, self._own, self._find = world, own, find

    def __call__(self, argv: Sequence[str], log: Callable[[str], None]) -> int:
        """Do one command; its exit code."""
        name, *rest = argv or [""]
        command = COMMANDS.get(name)
        if command is None:
            log(f'Error: unknown command "{name}" for "acr"\nRun \'acr --help\' for usage.')
            return 1
        try:
            given = read(name, rest)
            if name == "version":
                log(f"Version: {VERSION} (acrlab's own)")
                return 0
            for line in self._done(command, given):
                log(line)
        except CommandFailed as failure:
            log(f"Error: {failure}")
            return 1
        except Condition as refused:
            log(f"Error: {refused.text}")
            return 1
        return 0

    def _done(self, command: "Command", given: Given) -> list[str]:
        """What it has to say, once the world is free again."""
        told: list[str] = []
        with self._world.lock:
            registry, principal = self._find(self._host(given.one("--registry")))
            command(self, registry, principal, given, told.append)
        return told

    def _host(self, name: str) -> str:
        return self._own if not name else name if "." in name else f"{name}.azurecr.io"

    def purge(self, registry: Registry, principal: Principal, given: Given, log: Callable[[str], None]) -> None:
        """`acr purge`."""
        missing = [f'"{name}"' for name in ("ago", "filter") if not given.one(f"--{name}")]
        if missing and not given.on("--untagged-only"):
            raise CommandFailed(f"required flag(s) {', '.join(missing)} not set")
        options = Options(
            filters=tuple(given.flags.get("--filter", ())), ago=given.one("--ago"), keep=_number("keep", given),
            untagged=given.on("--untagged"), untagged_only=given.on("--untagged-only"),
            dry_run=given.on("--dry-run"), include_locked=given.on("--include-locked"),
        )  # fmt: skip
        if options.dry_run:
            log(DRY)
        for line in purge(self._world, registry, principal, options).lines:
            log(line)

    def tag(self, registry: Registry, principal: Principal, given: Given, log: Callable[[str], None]) -> None:
        """`acr tag list` and `acr tag delete`."""
        repository, action, names = self._parts(registry, principal, given)
        if action == "list":
            log(f'Listing tags for the "{repository}" repository:')
            found = repositories.tags(repositories.find(registry, repository))
            for each in sorted(found, key=lambda tag: tag.name):
                log(f"{registry.login_server}/{repository}:{each.name}")
        for name in names:
            manifests.untag(self._world, registry, repository, name, principal.id)
            log(f"{registry.login_server}/{repository}:{name}")

    def manifest(self, registry: Registry, principal: Principal, given: Given, log: Callable[[str], None]) -> None:
        """`acr manifest list` and `acr manifest delete`."""
        repository, action, names = self._parts(registry, principal, given)
        if action == "list":
            log(f'Listing manifests for the "{repository}" repository:')
            for entry in repositories.entries(repositories.find(registry, repository)):
                log(f"{registry.login_server}/{repository}@{entry.digest}")
        for name in names:
            manifests.delete(self._world, registry, repository, name, principal.id)
            log(f"{registry.login_server}/{repository}@{name}")

    def _parts(self, registry: Registry, principal: Principal, given: Given) -> tuple[str, str, tuple[str, ...]]:
        """Repository, action and what to delete. Raises: CommandFailed, Unauthenticated."""
        repository = given.one("--repository")
        if not repository:
            raise CommandFailed('required flag(s) "repository" not set')
        action, *names = given.words or ("",)
        if action not in ("list", "delete"):
            raise CommandFailed(f"acrlab: {action or 'nothing'} is not emulated")
        needs = {"list": "metadata_read", "delete": "delete"}[action]
        if needs not in tokens.allowed(self._world, registry, principal, "repository", repository):
            raise Unauthenticated()
        return repository, action, tuple(names) if action == "delete" else ()

    def nothing(self, registry: Registry, principal: Principal, given: Given, log: Callable[[str], None]) -> None:
        """`acr version` asks no registry."""


def read(command: str, argv: Sequence[str]) -> Given:
    """The arguments of a command. Raises: CommandFailed."""
    flags: dict[str, list[str]] = {}
    words: list[str] = []
    left = list(argv)
    while left:
        word = left.pop(0)
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        name, equals, value = word.partition("=")
        name = SHORT.get(name, name)
        if name in SWITCHES[command]:
            flags.setdefault(name, []).append(value if equals else "true")
        elif name in TAKING[command]:
            if not equals and not left:
                raise CommandFailed(f"flag needs an argument: {word}")
            flags.setdefault(name, []).append(value if equals else left.pop(0))
        elif word.startswith("--"):
            raise CommandFailed(f"unknown flag: {name}")
        else:
            raise CommandFailed(f"unknown shorthand flag: '{word[1:2]}' in {word}")
    return Given(flags, tuple(words))


def _number(name: str, given: Given) -> int:
    text = given.one(f"--{name}", "0")
    try:
        return int(text)
    except ValueError:
        told = f'invalid argument "{text}" for "--{name}" flag: strconv.ParseInt: parsing "{text}": invalid syntax'
        raise CommandFailed(told) from None


Command = Callable[[AcrCli, Registry, Principal, Given, Callable[[str], None]], None]
COMMANDS: dict[str, Command] = {
    "purge": AcrCli.purge, "tag": AcrCli.tag, "manifest": AcrCli.manifest, "version": AcrCli.nothing,
}  # fmt: skip
