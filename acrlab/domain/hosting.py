"""Repositories of source code and where they are: github.com and dev.azure.com.

Source: GitHub docs, repository names (2025); Azure DevOps naming restrictions (2025-06).
"""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from acrlab.domain.hosting_errors import HostedAddressInvalid

GITHUB, DEVOPS = "github.com", "dev.azure.com"
REFS = "refs/heads/"
TAGS = "refs/tags/"
PULLS = "refs/pull/"
NOTHING = "0" * 40
LONGEST_REF = 255  # bytes
MAIN = "main"
_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_ORGANIZATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?")
_PROJECT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,62}[A-Za-z0-9_-])?")
_FORBIDDEN_IN_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|\Z)|\.\Z|/\Z")
_SHA = re.compile(r"[0-9a-f]{40}")


class Address(NamedTuple):
    """A repository: its host, its owner, the project on Azure DevOps, and its name, as they are spelled."""

    host: str
    owner: str
    project: str
    name: str

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return "/".join(filter(None, self)).lower()

    @property
    def title(self) -> str:
        """Owner and name, as its host shows them."""
        return "/".join(filter(None, self[1:]))

    @property
    def url(self) -> str:
        """Where it is cloned from."""
        if self.host == GITHUB:
            return f"https://{GITHUB}/{self.owner}/{self.name}.git"
        return f"https://{DEVOPS}/{self.owner}/{quote(self.project)}/_git/{quote(self.name)}"


def github(owner: str, name: str) -> Address:
    """A repository of GitHub. Raises: HostedAddressInvalid."""
    name = name.removesuffix(".git")
    if not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name) or name in (".", "..") or name.endswith(".git"):
        raise HostedAddressInvalid(address=f"{owner}/{name}")
    return Address(GITHUB, owner, "", name)


def devops(owner: str, project: str, name: str) -> Address:
    """A repository of Azure DevOps. Raises: HostedAddressInvalid."""
    if not _ORGANIZATION.fullmatch(owner) or not _PROJECT.fullmatch(project) or not _PROJECT.fullmatch(name):
        raise HostedAddressInvalid(address=f"{owner}/{project}/_git/{name}")
    return Address(DEVOPS, owner, project, name)


def address(text: str) -> Address:
    """Read OWNER/NAME, or the URL of a repository at one of the two hosts; what follows a # is left out.

    Raises: HostedAddressInvalid.
    """
    plain = text.partition("#")[0].strip()
    if "://" not in plain:
        known = plain.split("/")[0].lower() in (GITHUB, DEVOPS)
        plain = f"https://{plain}" if known else f"https://{GITHUB}/{plain}"
    try:
        parts = urlsplit(plain)
        host = (parts.hostname or "").lower()
    except ValueError:
        raise HostedAddressInvalid(address=text) from None
    segments = [unquote(each) for each in parts.path.split("/") if each]
    match host, segments:
        case "github.com" | "www.github.com", [owner, name]:
            return github(owner, name)
        case "dev.azure.com", [owner, project, "_git", name]:
            return devops(owner, project, name)
        case "dev.azure.com", [owner, "_git", name]:
            return devops(owner, name, name)
    if host.endswith(".visualstudio.com") and "_git" in segments[:2]:
        owner = host.removesuffix(".visualstudio.com")
        return devops(owner, segments[0] if segments[0] != "_git" else segments[-1], segments[-1])
    raise HostedAddressInvalid(address=text)


def is_sha(text: str) -> bool:
    """Whether this is the whole name of an object."""
    return bool(_SHA.fullmatch(text))


def is_ref(text: str) -> bool:
    """Whether this may be the name of a ref. Source: git-check-ref-format(1)."""
    if not text.startswith("refs/") or text.count("/") < 2 or len(text.encode("utf-8", "replace")) > LONGEST_REF:
        return False
    return not _FORBIDDEN_IN_REF.search(text) and not text.endswith("@")


def branch(ref: str) -> str:
    """The branch of a ref; empty for what is no branch."""
    return ref.removeprefix(REFS) if ref.startswith(REFS) else ""
