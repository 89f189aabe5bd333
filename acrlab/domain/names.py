"""Names: parsed once at the edge, trusted afterwards."""

import hashlib
import re

from acrlab.domain.errors import DigestInvalid, DigestUnsupported, NameInvalid, TagInvalid

REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
DIGEST = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+")
REGISTRY = re.compile(r"[a-zA-Z0-9]{5,50}")
HEX_LENGTH = {"sha256": 64, "sha512": 128}
LONGEST_REPOSITORY = 255


def repository(text: str) -> str:
    """Check a repository name.

    Raises: NameInvalid.
    Source: OCI distribution-spec v1.1, "Pulling manifests".
    """
    if len(text) > LONGEST_REPOSITORY or not REPOSITORY.fullmatch(text):
        raise NameInvalid(name=text)
    return text


def tag(text: str) -> str:
    """Check a tag.

    Raises: TagInvalid.
    Source: OCI distribution-spec v1.1, "Pulling manifests".
    """
    if not TAG.fullmatch(text):
        raise TagInvalid(tag=text)
    return text


def is_digest(reference: str) -> bool:
    """Say whether a reference is a digest; a tag never holds a colon."""
    return ":" in reference


def digest(text: str) -> str:
    """Check a digest of a supported algorithm.

    Raises: DigestInvalid for a malformed one, DigestUnsupported for an algorithm other than sha256 and sha512.
    Source: OCI image-spec v1.1, "Digests".
    """
    if not DIGEST.fullmatch(text):
        raise DigestInvalid(digest=text)
    algorithm, _, encoded = text.partition(":")
    if algorithm not in HEX_LENGTH:
        raise DigestUnsupported(digest=text, algorithm=algorithm)
    if len(encoded) != HEX_LENGTH[algorithm] or encoded.strip("0123456789abcdef"):
        raise DigestInvalid(digest=text)
    return text


def digest_of(data: bytes, algorithm: str = "sha256") -> str:
    """Hash bytes: the digest of what was received, never of something re-encoded."""
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"
