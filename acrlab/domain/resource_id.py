"""ARM resource ids: a scope, a namespace, and pairs of type and name. Compared without case."""

import re
from collections.abc import Iterator

import msgspec

from acrlab.domain.arm_errors import LinkedIdInvalid

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
GROUP_TYPE = "Microsoft.Resources/resourceGroups"
SUBSCRIPTION_TYPE = "Microsoft.Resources/subscriptions"


class ResourceId(msgspec.Struct, frozen=True):
    """An id in its parts. `scope` is what an extension resource stands on; types and names are pairs.

    Nothing but a subscription: the subscription. A group and nothing else: the group.
    """

    subscription: str = ""
    group: str = ""
    namespace: str = ""
    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    scope: "ResourceId | None" = None

    def __str__(self) -> str:
        return f"{self._root}{self._own}" or "/"

    @property
    def _root(self) -> str:
        if self.scope is not None:
            return str(self.scope).rstrip("/")
        subscription = f"/subscriptions/{self.subscription}" if self.subscription else ""
        return subscription + (f"/resourceGroups/{self.group}" if self.group else "")

    @property
    def _own(self) -> str:
        if not self.namespace:
            return ""
        pairs = "".join(f"/{kind}/{name}" for kind, name in zip(self.types, self.names, strict=True))
        return f"/providers/{self.namespace}{pairs}"

    @property
    def key(self) -> str:
        """How state finds it."""
        return str(self).lower()

    @property
    def name(self) -> str:
        """The last name."""
        if self.names:
            return self.names[-1]
        return self.group or self.subscription

    @property
    def type(self) -> str:
        """The full type, as spelled in the id: `Microsoft.ContainerRegistry/registries/tokens`."""
        if self.namespace:
            return "/".join((self.namespace, *self.types))
        return GROUP_TYPE if self.group else SUBSCRIPTION_TYPE

    @property
    def parent(self) -> "ResourceId | None":
        """One level up: the parent resource, the scope of an extension, the group, the subscription."""
        if len(self.types) > 1:
            return msgspec.structs.replace(self, types=self.types[:-1], names=self.names[:-1])
        if self.namespace:
            return self.scope or ResourceId(self.subscription, self.group)
        if self.group:
            return ResourceId(self.subscription)
        return ResourceId() if self.subscription else None

    def within(self) -> Iterator["ResourceId"]:
        """Itself and everything it lies in, up to the root."""
        here: ResourceId | None = self
        while here is not None:
            yield here
            here = here.parent

    def child(self, kind: str, name: str) -> "ResourceId":
        """A resource of this resource."""
        return msgspec.structs.replace(self, types=(*self.types, kind), names=(*self.names, name))

    def extension(self, namespace: str, kind: str, name: str) -> "ResourceId":
        """An extension resource on this scope."""
        return ResourceId(self.subscription, self.group, namespace, (kind,), (name,), self)


ROOT = ResourceId()


def parse(text: str) -> ResourceId:
    """Read an id; surplus slashes do not matter, nor does the case of fixed words.

    Raises: LinkedIdInvalid.
    Source: ARM RPC, "Resource IDs"; clients write both resourceGroups and resourcegroups.
    """
    *above, own = _sections(text)
    found = _scope(own if not above else above[0], text)
    providers = [*above[1:], own] if above else []
    for section in providers:
        found = _resource(found, section, text)
    return found


def _sections(text: str) -> list[list[str]]:
    """Cut at each `providers`."""
    sections: list[list[str]] = [[]]
    for segment in filter(None, text.split("/")):
        if segment.lower() == "providers":
            sections.append([])
        else:
            sections[-1].append(segment)
    return sections


def _scope(parts: list[str], text: str) -> ResourceId:
    words = [part.lower() for part in parts[::2]]
    if words not in ([], ["subscriptions"], ["subscriptions", "resourcegroups"]) or len(parts) % 2:
        raise LinkedIdInvalid(id=text)
    subscription, group = (*parts[1::2], "", "")[:2]
    return ResourceId(subscription.lower(), group)


def _resource(scope: ResourceId, parts: list[str], text: str) -> ResourceId:
    if len(parts) < 3 or not len(parts) % 2:
        raise LinkedIdInvalid(id=text)
    namespace, types, names = parts[0], tuple(parts[1::2]), tuple(parts[2::2])
    above = scope if scope.namespace else None
    return ResourceId(scope.subscription, scope.group, namespace, types, names, above)
