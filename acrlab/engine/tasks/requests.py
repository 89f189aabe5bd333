"""What a client asks a run to be: read, checked, with the service's defaults."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from acrlab.domain.errors import BodyInvalid
from acrlab.domain.registry import Field, read, shown
from acrlab.domain.task_errors import TaskInvalid
from acrlab.domain.tasks import shapes

MOST_IMAGES, MOST_PAIRS = 100, 200  # inferred, no published figures
LONGEST_ENCODED = 4 * 1024 * 1024  # characters
TIERS = {"S1": 2, "S2": 4, "S3": 8, "I6": 64}  # cores of an instance. Source: tasks-agent-pools (2026-08)
LINUX = {"os": "linux", "architecture": "amd64"}


def request(given: Any, version: str) -> dict[str, Any]:
    """The request for a run, complete. Raises: BodyInvalid, TaskInvalid."""
    kind = kind_of(given, shapes.REQUESTS, "RunRequest")
    found: dict[str, Any] = read(shapes.REQUESTS[kind], given, version, kind=shapes.RUN)
    require(found, shapes.REQUIRED[kind])
    found["type"] = kind
    if kind != "TaskRunRequest":
        found["platform"] = platform(found["platform"], "runRequest")
        found["timeout"] = timeout(found.get("timeout"), "runRequest")
        found["agentConfiguration"] = agent(found, "runRequest")
        found["credentials"] = credentials(found.get("credentials"), version)
    check_step(found, "runRequest")
    return found


def kind_of(given: Any, kinds: Mapping[str, Field], label: str) -> str:
    """Which of several shapes a body has, by its `type`. Raises: BodyInvalid."""
    named = given.get("type") if isinstance(given, dict) else None
    spelled = {each.lower(): each for each in kinds}
    found = spelled.get(named.lower()) if isinstance(named, str) else None
    if found is None:
        raise BodyInvalid(reason=f"Error converting value {shown(named)} to type '{label}'. Path 'type'.")
    return found


def require(found: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Raises: BodyInvalid for a property that is missing."""
    for name in names:
        if not found.get(name):
            raise BodyInvalid(reason=f"Required property '{name}' not found in JSON. Path ''.")


def platform(given: dict[str, Any] | None, what: str) -> dict[str, Any]:
    """Raises: TaskInvalid."""
    found = {**LINUX, **(given or {})}
    if found["os"] == "windows" and found["architecture"] != "amd64":
        raise TaskInvalid(what=what, reason="Platform:Windows runs on amd64 only")
    return found


def timeout(given: int | None, what: str) -> int:
    """Units: seconds. Raises: TaskInvalid."""
    low, high, default = shapes.TIMEOUT
    if given is None:
        return default
    if not low <= given <= high:
        raise TaskInvalid(what=what, reason=f"Timeout:The timeout must be between {low} and {high} seconds")
    return given


def agent(found: Mapping[str, Any], what: str) -> dict[str, Any]:
    """How many cores a run gets. Raises: TaskInvalid. Source: Azure/acr#321 (2019-2020)."""
    cpu = (found.get("agentConfiguration") or {}).get("cpu")
    if cpu not in (None, shapes.CPU) and not found.get("agentPoolName"):
        reason = f"AgentProperties:Invalid value for CPU core count. The supported values are ({shapes.CPU})"
        raise TaskInvalid(what=what, reason=reason)
    return {"cpu": cpu or shapes.CPU}


def credentials(given: dict[str, Any] | None, version: str) -> dict[str, Any]:
    """Credentials with those of every registry read; null for one that goes. Raises: BodyInvalid."""
    found = dict(given or {})
    custom = found.get("customRegistries")
    if custom is not None:
        path = "credentials.customRegistries"
        found["customRegistries"] = {
            name: read(shapes.CUSTOM, each, version, path, shapes.TASK) if each is not None else None
            for name, each in custom.items()
        }
    return found


def check_step(found: Mapping[str, Any], what: str) -> None:
    """Hold the parts that requests, steps and overrides share to their kind. Raises: TaskInvalid."""
    images = found.get("imageNames") or []
    if len(images) > MOST_IMAGES or not all(isinstance(each, str) and each for each in images):
        raise TaskInvalid(what=what, reason=f"ImageNames:At most {MOST_IMAGES} names of images are taken")
    for name in ("arguments", "values"):
        pairs = found.get(name) or []
        if len(pairs) > MOST_PAIRS or not all("name" in each and "value" in each for each in pairs):
            raise TaskInvalid(what=what, reason=f"{name.title()}:At most {MOST_PAIRS} names with values are taken")
    for name in ("encodedTaskContent", "encodedValuesContent"):
        if found.get(name):
            decoded(found[name], what)


def decoded(text: str, what: str = "runRequest") -> str:
    """The text that was sent in base64. Raises: TaskInvalid."""
    try:
        if len(text) > LONGEST_ENCODED:
            raise ValueError
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        raise TaskInvalid(what=what, reason="EncodedTaskContent:The content is not UTF-8 text in base64") from None
