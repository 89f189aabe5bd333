"""What a context's name says: a git repository, a tar, an artifact, a folder.

Source: the engine's open source (util/url.go, scan/git.go); doc (container-registry-tasks-overview, 2024-01-24).
"""

import re
from urllib.parse import SplitResult, urlsplit

import msgspec

ARTIFACT = "oci://"
GIT = re.compile(r"\.git(?:#.+)?$")
PREFIXES = ("git://", "github.com/", "git@")
NOTHING = "/dev/null"


class Git(msgspec.Struct, frozen=True):
    """A repository, what to check out of it, and which folder of it is the context. Empty: what HEAD names."""

    remote: str
    ref: str = ""
    folder: str = ""


def is_url(context: str) -> bool:
    """Whether it is fetched over HTTP."""
    return context.startswith(("http://", "https://"))


def is_git(context: str) -> bool:
    """Whether it is a repository."""
    if is_url(context) and GIT.search(context):
        return True
    if context.startswith(PREFIXES):
        return True
    parts = _parts(context)
    host = (parts.hostname or "") if parts else ""
    azure = "dev.azure.com" in host or host.endswith(".visualstudio.com")
    return bool(parts and parts.scheme == "https" and azure and "/_git/" in parts.path.lower() and not parts.query)


def _parts(context: str) -> SplitResult | None:
    try:
        return urlsplit(context.lower())
    except ValueError:
        return None


def is_artifact(context: str) -> bool:
    """Whether it is an artifact of a registry."""
    return context.startswith(ARTIFACT)


def remote(context: str) -> bool:
    """Whether it has to be fetched."""
    return is_git(context) or is_url(context) or is_artifact(context)


def git(context: str) -> Git:
    """The parts of `URL#ref:folder`."""
    address, _, fragment = context.partition("#")
    ref, _, folder = fragment.partition(":")
    if not is_url(address) and not address.startswith(("git://", "git@")):
        address = f"https://{address}"
    return Git(address, ref, folder)


def build_words(command: str) -> tuple[str, str, str]:
    """Dockerfile, target and context of a build step, as the engine finds them: by white space.

    Source: the engine's open source (builder/parse.go).
    """
    dockerfile, target, context, before = "Dockerfile", "", ".", ""
    for word in command.split():
        if before in ("-f", "--file"):
            dockerfile = word
        elif before == "--target":
            target = word
        elif not before.startswith("-") and not word.startswith("-"):
            context = word
        before = word
    return dockerfile, target, context


def replaced(command: str, context: str) -> str:
    """A build step's command with another context."""
    words, before = command.split(), ""
    for place, word in enumerate(words):
        if not before.startswith("-") and not word.startswith("-"):
            words[place] = context
            return " ".join(words)
        before = word
    return command
