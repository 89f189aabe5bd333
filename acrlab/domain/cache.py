"""Artifact cache: what a rule and a credential set may hold, and which repository a rule is about.

Source: artifact-cache-overview (2026); azure-mgmt-containerregistry 15.0.0; recorded, acr_cache (2023-12). The identity
of a rule: artifact-cache-acr-to-acr-cli (2026); azure-cli 2.91.0, acr cache create.
"""

import re

import msgspec

from acrlab.domain import names
from acrlab.domain.cache_errors import CacheRuleInvalid
from acrlab.domain.errors import NameInvalid
from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.domain.registry import Field

RULE, CREDENTIALS = f"{REGISTRIES}/cacheRules", f"{REGISTRIES}/credentialSets"
NAME = re.compile(r"[a-zA-Z0-9-]{5,50}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:[0-9]{1,5})?", re.IGNORECASE)
_EVERY = "*"
_READ = Field(kind="string", read_only=True)
_TEXT = Field(kind="string")
_HEAD = {"id": _READ, "name": _READ, "type": _READ, "systemData": Field(kind="object", read_only=True)}
_LIFE = {"creationDate": _READ, "provisioningState": _READ}
RULE_SHAPE = Field(
    kind="object", label="CacheRule",
    fields={
        **_HEAD,
        "identity": Field(
            kind="object", label="IdentityProperties",
            fields={
                "principalId": _READ, "tenantId": _READ, "type": Field(kind="string", values=("UserAssigned", "None")),
                "userAssignedIdentities": Field(kind="object"),
            },
        ),
        "properties": Field(
            kind="object", label="CacheRuleProperties",
            fields={"credentialSetResourceId": _TEXT, "sourceRepository": _TEXT, "targetRepository": _TEXT, **_LIFE},
        ),
    },
)  # fmt: skip
_AUTH = Field(
    kind="array", label="AuthCredential",
    fields={
        "name": Field(kind="string", values=("Credential1",)), "usernameSecretIdentifier": _TEXT,
        "passwordSecretIdentifier": _TEXT, "credentialHealth": Field(kind="object", read_only=True),
    },
)  # fmt: skip
CREDENTIALS_SHAPE = Field(
    kind="object", label="CredentialSet",
    fields={
        **_HEAD,
        "identity": Field(
            kind="object", label="IdentityProperties",
            fields={
                "principalId": _READ, "tenantId": _READ, "type": Field(kind="string", values=("SystemAssigned", "None"))
            },
        ),
        "properties": Field(
            kind="object", label="CredentialSetProperties",
            fields={"loginServer": _TEXT, "authCredentials": _AUTH, **_LIFE},
        ),
    },
)  # fmt: skip


class Pattern(msgspec.Struct, frozen=True):
    """A repository, or all of them below a prefix: `library/*` has the prefix `library/`."""

    prefix: str
    wild: bool

    def covers(self, repository: str) -> bool:
        """Say whether a repository is meant."""
        return repository.startswith(self.prefix) if self.wild else repository == self.prefix

    def overlaps(self, other: "Pattern") -> bool:
        """Say whether two targets get in each other's way: a fixed one may sit under a wildcard."""
        if self.wild != other.wild:
            return False
        if not self.wild:
            return self.prefix == other.prefix
        return self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix)


def pattern(text: str) -> Pattern:
    """Read a repository with or without a wildcard at its end.

    Raises: CacheRuleInvalid.
    """
    wild = text.endswith(_EVERY)
    plain = text.removesuffix(_EVERY)
    if wild and plain and not plain.endswith("/"):
        raise CacheRuleInvalid(reason="a wildcard stands alone or after a slash")
    try:
        if plain or not wild:
            names.repository(plain.removesuffix("/") if wild else plain)
    except NameInvalid:
        raise CacheRuleInvalid(reason=f"{text[:120]!r} is not a repository name") from None
    return Pattern(plain, wild)


def source(text: str) -> tuple[str, Pattern]:
    """Read the source of a rule: a login server and a repository.

    Raises: CacheRuleInvalid.
    """
    host, slash, rest = text.partition("/")
    if not slash or not _HOST.fullmatch(host) or "." not in host:
        raise CacheRuleInvalid(reason="sourceRepository is <login server>/<repository>")
    return host.lower(), pattern(rest)
