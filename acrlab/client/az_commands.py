"""What the commands of `az acr` come to here: each is as true as the weakest of the requests it makes."""

from collections.abc import Iterator

from acrlab.client.coverage import DIGEST, SUBSCRIPTION, Row, label
from acrlab.data import cited, load

PACKAGE = "azure-cli"
_REGISTRY = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/group/providers/Microsoft.ContainerRegistry/registries/name"
_STRENGTH = ("refused", "stored", "simulated", "real")


def rows() -> list[Row]:
    """Every command, by name."""
    return list(_rows())


def _rows() -> Iterator[Row]:
    facts = load("az_commands")
    az, (title, _) = facts["az"], cited(facts, facts["az"]["source"])
    for command, requests in az["commands"].items():
        labels = [_label(each) for each in requests] or ["real"]
        truth = min(labels, key=_STRENGTH.index)
        method, path = requests[labels.index(truth)].split() if requests else ("", "on this machine alone")
        reason = _reason(facts["reason"], command) if truth == "refused" else ""
        asked, plane = _asked(path), _plane(path)
        yield Row(PACKAGE, az["version"], command, method, _shown(path), truth, title, asked, plane, reason)


def _label(request: str) -> str:
    method, path = request.split()
    return label(_plane(path), method, _asked(path))[0]


def _shown(path: str) -> str:
    """A path as a person reads it."""
    registry = "/{registryName}" if path.startswith(".") else ""
    return f"{registry}{path.lstrip('.')}".replace("~", "{name}").replace("/sha256", "/{digest}")


def _plane(path: str) -> str:
    return "arm" if path.startswith((".", "/subscriptions/")) else "registry"


def _asked(path: str) -> str:
    """A path that a router can match: names and digests in their places."""
    absolute = _REGISTRY + path[1:] if path.startswith(".") else path
    return absolute.replace("~", "name").replace("/sha256", f"/{DIGEST}")


def _reason(reasons: dict[str, dict[str, str]], command: str) -> str:
    return next((each["text"] for each in reasons.values() if command.startswith(each["group"])), "")
