"""Archives of packages as resources. What they would hold is fetched from outside, and is not fetched here."""

from typing import Any

from acrlab.domain import archives
from acrlab.domain.registry import merged, read
from acrlab.domain.transfer_errors import ArchiveInvalid
from acrlab.domain.webhooks import address
from acrlab.engine.ask import Ask


def check_name(name: str) -> None:
    """Raises: ArchiveInvalid."""
    if not archives.NAME.fullmatch(name):
        raise ArchiveInvalid(reason="a name has 1 to 50 letters, digits, dots, dashes and underscores")


def desired(ask: Ask) -> dict[str, Any]:
    """The body of an archive after a PUT or PATCH. Raises: BodyInvalid, ArchiveInvalid."""
    given = read(archives.SHAPE, ask.given, ask.version, kind=archives.ARCHIVE).get("properties", {})
    before = ask.known.body["properties"] if ask.known is not None and ask.patch else {}
    properties = merged(before, given)
    source = properties.get("packageSource")
    if source is not None and not address(str(source.get("url") or "")):
        raise ArchiveInvalid(reason="packageSource.url is an address of https or http")
    published = properties.get("publishedVersion")
    if published and f"{ask.id.key}/versions/{published.lower()}" not in ask.world.state.resources:
        raise ArchiveInvalid(reason=f"publishedVersion {published[:60]} is no version of the archive")
    return {"properties": properties}


def desired_version(ask: Ask) -> dict[str, Any]:
    """The body of a version: it has nothing to say. Raises: BodyInvalid."""
    read(archives.VERSION_SHAPE, ask.given, ask.version, kind=archives.VERSION)
    return {"properties": {}}
