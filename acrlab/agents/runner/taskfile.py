"""The text of a task file made into a task. Source: the engine's open source (the yaml tags of its types)."""

from typing import Any

import msgspec

from acrlab.agents.runner import decode
from acrlab.agents.runner.decode import BOOL, DICT, INT, INTS, STRING, STRINGS, Shape, decoded
from acrlab.agents.runner.documents import parse
from acrlab.domain.tasks.task import Mount, Network, Secret, Step, Task, Volume, validate


def _struct(name: str, make: Any, /, **fields: tuple[str, Shape]) -> Shape:
    return Shape("struct", name, fields=fields, make=make)


def _list(item: Shape) -> Shape:
    return Shape("list", f"[]*{item.name}", item)


MOUNT = _struct("volume.Mount", Mount, name=("name", STRING), mountPath=("path", STRING))
VOLUME = _struct("volume.Volume", Volume, name=("name", STRING), secret=("secret", DICT))
SECRET = _struct(
    "secretmgmt.Secret", Secret, id=("id", STRING), keyvault=("keyvault", STRING), clientID=("client", STRING)
)  # fmt: skip
NETWORK = _struct(
    "graph.Network", Network,
    name=("name", STRING), driver=("driver", STRING), ipv6=("ipv6", BOOL), skipCreation=("skip_creation", BOOL),
    isDefault=("default", BOOL),
)  # fmt: skip
STEP = _struct(
    "graph.Step", Step,
    id=("id", STRING), cmd=("cmd", STRING), build=("build", STRING), workingDirectory=("working_directory", STRING),
    entryPoint=("entry_point", STRING), user=("user", STRING), network=("network", STRING),
    isolation=("isolation", STRING), cpus=("cpus", STRING), cache=("cache", STRING),
    volumeMounts=("mounts", _list(MOUNT)), push=("push", STRINGS), env=("env", STRINGS), expose=("expose", STRINGS),
    ports=("ports", STRINGS), when=("when", STRINGS), exitedWith=("exited_with", INTS),
    exitedWithout=("exited_without", INTS), timeout=("timeout", INT), startDelay=("start_delay", INT),
    retryDelay=("retry_delay", INT), retries=("retries", INT), retryOnErrors=("retry_on_errors", STRINGS),
    repeat=("repeat", INT), keep=("keep", BOOL), detach=("detach", BOOL), privileged=("privileged", BOOL),
    ignoreErrors=("ignore_errors", BOOL), disableWorkingDirectoryOverride=("plain_directory", BOOL),
    pull=("pull", BOOL), tags=("tags", STRINGS),
)  # fmt: skip
TASK = _struct(
    "graph.Task", Task,
    steps=("steps", _list(STEP)), stepTimeout=("step_timeout", INT), secrets=("secrets", _list(SECRET)),
    networks=("networks", _list(NETWORK)), volumes=("volumes", _list(VOLUME)), env=("env", STRINGS),
    workingDirectory=("working_directory", STRING), version=("version", STRING),
)  # fmt: skip


class Aliases(msgspec.Struct):
    """The alias block of a task file."""

    src: list[str] = []
    values: dict[str, str] | None = None
    directive: str = ""


class _Wrapper(msgspec.Struct):
    alias: Aliases | None = None


ALIASES = _struct(
    "graph.Alias", Aliases, src=("src", STRINGS), values=("values", DICT), directive=("directive", STRING)
)  # fmt: skip
WRAPPER = _struct("graph.wrapper", _Wrapper, alias=("alias", ALIASES))


def task(text: str) -> Task:
    """The task, checked as far as it can be alone. Raises: YamlInvalid, TaskInvalid."""
    found: Task = decoded(parse(text), TASK, Task())
    validate(found)
    return found


def aliases(text: str) -> Aliases:
    """The block `alias:`. Raises: YamlInvalid."""
    wrapper: _Wrapper = decoded(parse(text), WRAPPER, _Wrapper())
    return wrapper.alias or Aliases()


def names(text: str) -> dict[str, str]:
    """A file of aliases. Raises: YamlInvalid."""
    found: dict[str, str] = decoded(parse(text), DICT, {})
    return found


def values(text: str) -> dict[str, Any]:
    """A file of values. Raises: YamlInvalid."""
    found: dict[str, Any] = decoded(parse(text), decode.VALUES, {})
    return found
