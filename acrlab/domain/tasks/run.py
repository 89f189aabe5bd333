"""A run as it is handed to an agent, and how it ended."""

from typing import Any

import msgspec


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run's context comes from. All empty: no context (/dev/null).

    `url` is as the client gave it (git, tar or oci); `upload` is the relative path of an uploaded tar.
    """

    url: str = ""
    upload: str = ""
    token: str = ""  # of a git host
    commit: str = ""  # the commit that triggered the run


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent is to do: build an image (`dockerfile` set), or the steps of a task file.

    `task_text` holds the YAML itself, `task_file` its path in the context. `values` and `arguments` are name -> value.
    """

    run: str
    registry: str  # login server
    task: str = ""
    source: Source = Source()
    dockerfile: str = ""
    images: tuple[str, ...] = ()
    arguments: dict[str, str] = {}
    target: str = ""
    push: bool = True
    cache: bool = False
    task_text: str = ""
    task_file: str = ""
    values_text: str = ""
    values_file: str = ""
    values: dict[str, str] = {}
    secret_values: frozenset[str] = frozenset()  # which of the arguments and values are secret
    os: str = "linux"
    architecture: str = "amd64"
    variant: str = ""
    cpu: int = 2
    timeout: float = 3600.0  # seconds
    triggered_by: str = ""
    commit: str = ""
    branch: str = ""
    repository: str = ""  # the git repository, as templates see it
    git_tag: str = ""
    signed_in: bool = True  # whether the run has credentials for its own registry
    logins: dict[str, tuple[str, str]] = {}  # other registries: login server -> user, password
    identity: str = ""  # principal id of the task's or registry's identity, for Key Vault and registries


class Image(msgspec.Struct, frozen=True):
    """One image by its parts, as run records and dependencies show it."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""


class Dependency(msgspec.Struct, frozen=True):
    """What one built image was made from."""

    image: Image
    runtime: Image | None = None
    buildtime: tuple[Image, ...] = ()
    commit: str = ""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended. `status` is Succeeded, Failed, Timeout, Canceled or Error (the engine's own fault)."""

    status: str
    error: str = ""
    images: tuple[Image, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    details: dict[str, Any] = {}
