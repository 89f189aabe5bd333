"""Who asks, and for what: principals, token scopes, and verdicts."""

import re

import msgspec

_SCOPE = re.compile(r"(?P<kind>[a-z-]+)(?:\([a-z]+\))?:(?P<name>[^\s]*):(?P<actions>[a-z_*,]*)")


class Principal(msgspec.Struct, frozen=True):
    """Somebody with an identity. `id` is the Entra object id, or the admin user's or token's name."""

    id: str
    kind: str  # user | servicePrincipal | managedIdentity | admin | token | anonymous
    name: str
    app_id: str = ""
    tenant: str = ""


ANONYMOUS = Principal(id="acr_anon_pull", kind="anonymous", name="anonymous")


class Scope(msgspec.Struct, frozen=True):
    """One entry of a token scope: `repository:team/app:pull,push`.

    Source: distribution token scope grammar; Azure/acr docs AAD-OAuth.md.
    """

    kind: str
    name: str
    actions: frozenset[str]

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}:{','.join(sorted(self.actions))}"


class Access(msgspec.Struct, frozen=True):
    """What a verified credential grants on one registry. `expires` is in epoch seconds, 0 for never."""

    principal: Principal
    grants: tuple[Scope, ...]
    expires: float = 0.0

    def allows(self, kind: str, name: str, action: str) -> bool:
        """Say whether one of the grants covers the action."""
        return any(
            grant.kind == kind and grant.name == name and (action in grant.actions or "*" in grant.actions)
            for grant in self.grants
        )


class Verdict(msgspec.Struct, frozen=True):
    """An answer with its reasons, first cause first."""

    allowed: bool
    because: tuple[str, ...] = ()


def parse_scopes(text: str) -> list[Scope]:
    """Read a scope parameter: entries separated by blanks; entries outside the grammar are left out."""
    found = (_SCOPE.fullmatch(entry) for entry in text.split())
    return [
        Scope(match["kind"], match["name"], frozenset(filter(None, match["actions"].split(","))))
        for match in found
        if match
    ]
