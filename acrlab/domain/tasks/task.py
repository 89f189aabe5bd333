"""A task: its properties and those of its steps, their rules and their defaults.

Source: the engine's open source (graph/task.go, graph/step.go, graph/network.go, pkg/volume, secretmgmt/secret.go);
recorded where the logs show it (retryDelay 5, `when` backward only).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from acrlab.domain.tasks.dependencies import normalised
from acrlab.domain.tasks.graph import AT_ONCE, GraphInvalid, waits

CURRENT = "v1.0.0"
VERSIONS = frozenset(("1.0-preview-1", "v1.0.0", "v1.1.0"))
STEP_TIMEOUT, RETRY_DELAY = 600, 5  # seconds
DEFAULT_NETWORK = "acb_default_network"
DRIVERS = {"windows": "nat"}
VOLUME_NAME, SECRET_FILE = re.compile(r"[a-zA-Z0-9_-]+"), re.compile(r"[a-zA-Z0-9_.-]+")
GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
FLAGS = {"tags": ("-t", "--tag"), "arguments": ("--build-arg",)}


class TaskInvalid(ValueError):
    """A task that breaks a rule, in the words of the engine."""


class Secret(msgspec.Struct, kw_only=True):
    """A secret of a key vault, by an identity."""

    id: str = ""
    keyvault: str = ""
    client: str = ""


class Network(msgspec.Struct, kw_only=True):
    """A network of containers."""

    name: str = ""
    driver: str = ""
    ipv6: bool = False
    skip_creation: bool = False
    default: bool = False


class Volume(msgspec.Struct, kw_only=True):
    """Files with secrets, base64."""

    name: str = ""
    secret: dict[str, str] | None = None


class Mount(msgspec.Struct, kw_only=True):
    """A volume inside a container."""

    name: str = ""
    path: str = ""


class Step(msgspec.Struct, kw_only=True):
    """One step: `cmd`, `build` or `push`. Units: seconds."""

    id: str = ""
    cmd: str = ""
    build: str = ""
    push: list[str] = []
    working_directory: str = ""
    entry_point: str = ""
    user: str = ""
    network: str = ""
    isolation: str = ""
    cpus: str = ""
    cache: str = ""
    mounts: list[Mount | None] = []
    env: list[str] = []
    expose: list[str] = []
    ports: list[str] = []
    when: list[str] = []
    exited_with: list[int] = []  # read, and without effect
    exited_without: list[int] = []
    timeout: int = 0
    start_delay: int = 0
    retry_delay: int = 0
    retries: int = 0
    retry_on_errors: list[str] = []
    repeat: int = 0
    keep: bool = False
    detach: bool = False
    privileged: bool = False
    ignore_errors: bool = False
    plain_directory: bool = False  # disableWorkingDirectoryOverride
    pull: bool = False
    tags: list[str] = []
    arguments: list[str] = []

    @property
    def cached(self) -> bool:
        """Whether it builds with buildx and a cache in the registry."""
        return bool(self.build) and self.cache.lower() == "enabled"


class Task(msgspec.Struct, kw_only=True):
    """A task file, read."""

    steps: list[Step | None] = []
    step_timeout: int = 0
    secrets: list[Secret | None] = []
    networks: list[Network | None] = []
    volumes: list[Volume | None] = []
    env: list[str] = []
    working_directory: str = ""
    version: str = ""
    quick_build: bool = False


class Plan(msgspec.Struct, frozen=True):
    """A task that is ready to run: its steps with all defaults, and which waits for which."""

    steps: tuple[Step, ...]
    waits: Mapping[str, frozenset[str]]
    networks: tuple[Network, ...]
    volumes: tuple[Volume, ...]


def validate(task: Task) -> None:
    """What is checked as soon as the file is read. Raises: TaskInvalid."""
    known: set[str] = set()
    for secret in task.secrets:
        if secret is None:
            continue
        _check_secret(secret)
        if secret.id in known:
            raise TaskInvalid(f"duplicate secret found with ID: {secret.id}")
        known.add(secret.id)
    names: set[str] = set()
    for volume in task.volumes:
        if volume is None:
            raise TaskInvalid("runtime error: invalid memory address or nil pointer dereference")
        _check_volume(volume)
        if volume.name in names:
            raise TaskInvalid("volume with duplicate name found")
        names.add(volume.name)
    for step in task.steps:
        if step is None or None in step.mounts:
            raise TaskInvalid("runtime error: invalid memory address or nil pointer dereference")
        if any(mount is not None and mount.name not in names for mount in step.mounts):
            raise TaskInvalid("provided mount name does not correspond to a volume")


def _check_secret(secret: Secret) -> None:
    if not secret.id:
        raise TaskInvalid("secret is missing an ID as well as auto-generated ID")
    wrong = ""
    if _spaced(secret.id):
        wrong = "secret ID cannot contain spaces"
    elif not secret.keyvault:
        wrong = (
            "secret should contain either keyvault property for vault secret, "
            "or msi clientID/aadResourceId for msi authentication"
        )
    elif secret.client and not GUID.fullmatch(secret.client):
        wrong = "msi client ID is not a valid guid"
    if wrong:
        raise TaskInvalid(f"failed to validate secret with ID: {secret.id}: {wrong}")


def _check_volume(volume: Volume) -> None:
    if not volume.name:
        raise TaskInvalid("volume name is empty")
    if not VOLUME_NAME.fullmatch(volume.name):
        raise TaskInvalid("volume name is not well formed. Only use alphanumeric and - _")
    if volume.secret is None:
        raise TaskInvalid("currently only support for source type secret")
    if not volume.secret:
        raise TaskInvalid("secret is empty")
    for name in volume.secret:
        if not name:
            raise TaskInvalid("secret name provided for value is empty")
        if not SECRET_FILE.fullmatch(name):
            raise TaskInvalid(f"file name, {name}, is not well formed. Only use alphanumeric and - _ .")


def plan(task: Task, os: str = "linux") -> Plan:
    """The task with its defaults and its order. Raises: TaskInvalid."""
    version = task.version or CURRENT
    if version.lower() not in VERSIONS:
        raise TaskInvalid(f'invalid version specified: "{version}", the current version is "{CURRENT}"')
    networks = [network for network in task.networks if network is not None]
    default = next((network.name for network in reversed(networks) if network.default), "")
    if not task.quick_build and not networks:
        default = DEFAULT_NETWORK
        networks.append(Network(name=default, driver=DRIVERS.get(os, "bridge"), default=True))
    steps = [step for step in task.steps if step is not None]
    for number, step in enumerate(steps):
        _complete(step, number, task, default)
    try:
        order = waits(_checked(steps))
    except GraphInvalid as invalid:
        raise TaskInvalid(str(invalid)) from None
    return Plan(tuple(steps), order, tuple(networks), tuple(volume for volume in task.volumes if volume))


def _complete(step: Step, number: int, task: Task, network: str) -> None:
    if step.timeout <= 0:
        step.timeout = task.step_timeout if task.step_timeout > 0 else STEP_TIMEOUT
    if step.retry_delay <= 0:
        step.retry_delay = RETRY_DELAY
    step.network = step.network or network
    step.env = _environment(step.env, task.env)
    step.id = step.id or f"acb_step_{number}"
    step.working_directory = step.working_directory or task.working_directory
    if step.build:
        step.tags = step.tags or flagged(step.build, "tags")
        step.arguments = flagged(step.build, "arguments")
    elif step.push:
        step.push = list(dict.fromkeys(normalised(name) for name in step.push))


def _environment(own: Sequence[str], shared: Sequence[str]) -> list[str]:
    """A step's variables, and those of the task that it does not set itself. Raises: TaskInvalid."""
    if not shared:
        return list(own)
    failed = "failed to merge task and step environment variables: cannot parse"
    for each in own:
        if "=" not in each:
            raise TaskInvalid(f"{failed} step environment variable {each} correctly")
    names = {each.partition("=")[0] for each in own}
    found = list(own)
    for each in (part for line in shared for part in line.split(",")):
        if "=" not in each:
            raise TaskInvalid(f"{failed} task environment variable {each} correctly")
        if each.partition("=")[0] not in names:
            found.append(each)
    return found


def flagged(command: str, what: str) -> list[str]:
    """Words that follow a flag, as the engine finds them: by white space, without quotes."""
    words = command.split()
    return [word for before, word in pairwise(words) if before in FLAGS[what]]


def _checked(steps: Sequence[Step]) -> Iterator[tuple[str, Sequence[str]]]:
    for step in steps:
        _check(step)
        yield step.id, step.when


def _check(step: Step) -> None:
    kinds = sum((bool(step.cmd), bool(step.build), bool(step.push)))
    rules = (
        (step.retries < 0, "step must specify retries >= 0"),
        (step.repeat < 0, "step must specify repeat >= 0"),
        (kinds > 1, "step must only contain a single build, cmd, or push property"),
        (_spaced(step.id), "step ID cannot contain spaces"),
        (not kinds, "step is missing a cmd, build, or push property"),
    )
    for broken, text in rules:
        if broken:
            raise TaskInvalid(text)
    _check_mounts(step)
    for name in step.when:
        if name == AT_ONCE and len(step.when) > 1:
            raise TaskInvalid("step cannot contain other IDs in when if the immediate execution token is specified")
        if name == step.id:
            raise TaskInvalid(f"Step ID: {step.id} is self-referenced")
    if step.cache and step.cache.lower() not in ("enabled", "disabled"):
        raise TaskInvalid("invalid value for cache property. Valid values are 'enabled', 'disabled'")


def _check_mounts(step: Step) -> None:
    if step.mounts and not step.cmd:
        raise TaskInvalid("invalid use of Mounts. Mounts must have unique container paths and used for CMD steps")
    paths: set[str] = set()
    for mount in step.mounts:
        if mount is None or not mount.name or not mount.path:
            raise TaskInvalid("mount name or container file path is empty")
        if mount.path in paths:
            raise TaskInvalid("mount with duplicate container file path found")
        paths.add(mount.path)


def _spaced(text: str) -> bool:
    return any(char.isspace() for char in text)
