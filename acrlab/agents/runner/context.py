"""The context of a run, put into its workspace."""

import tarfile
from pathlib import Path

from acrlab.agents.runner.services import Services, SourceFailed
from acrlab.domain.tasks.run import Source


def prepare(source: Source, services: Services, folder: Path) -> str:
    """Fetch or unpack it; the commit it is of, or nothing. Raises: SourceFailed."""
    folder.mkdir(parents=True, exist_ok=True)
    if source.upload:
        unpack(services.upload(source.upload), folder)
        return source.commit
    return services.fetch(source, folder) if source.url else ""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar; nothing lands outside the folder. Raises: SourceFailed."""
    root = folder.resolve()

    def within(member: tarfile.TarInfo, _: str) -> tarfile.TarInfo | None:
        names = [member.name, member.linkname] if member.islnk() else [member.name]
        if not all((root / name).resolve().is_relative_to(root) for name in names):
            raise SourceFailed(f"failed to extract the context: {member.name} is outside of it")
        if member.isdev():
            return None
        return member.replace(uid=None, gid=None, uname=None, gname=None, deep=False)  # type: ignore[arg-type]

    try:
        with tarfile.open(archive) as tar:
            tar.extractall(root, filter=within)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise SourceFailed(f"failed to extract the context: {error}") from error
