"""The instructions that put files into an image: COPY, ADD, WORKDIR."""

import hashlib
import os
import re
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path

import msgspec

from acrlab.agents.accounts import owner
from acrlab.agents.archive import Layer
from acrlab.agents.dockerfile import history
from acrlab.agents.dockerfile.ignore import Ignored
from acrlab.agents.dockerfile.origin import Origin
from acrlab.agents.dockerfile.parser import Heredoc, Instruction
from acrlab.agents.dockerfile.stage import Work
from acrlab.agents.dockerfile.transfer import Source, Transfer
from acrlab.agents.dockerfile.variables import expanded
from acrlab.agents.dockerfile.words import split
from acrlab.agents.paths import joined
from acrlab.agents.protocol import EngineFailed

_KIT = "Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled"
_KIT_FLAGS = ("chmod", "link", "parents", "exclude", "checksum", "keep-git-dir", "unpack")
_URL = re.compile(r"https?://", re.IGNORECASE)
_GIT = re.compile(r"git@.+:.+|(https?|git|ssh)://[^#?]+\.git([#?].*)?")
_DRIVE = re.compile(r"[A-Za-z]:")


class Named(msgspec.Struct, frozen=True):
    """A source, and the name it gets in a folder where that is not its own."""

    source: Source
    name: str = ""
    folder: str = ""  # of --parents: what stays of its path


class Files:
    """Does them for one build."""

    def __init__(self, origin: Callable[[str], Origin], scratch: Path, escape: str, *, kit: bool) -> None:
        self._origin, self._scratch, self._escape, self._kit = origin, scratch, escape, kit

    def workdir(self, work: Work, instruction: Instruction) -> tuple[Layer | None, str]:
        """Make the folder, and begin there from now on. Raises: EngineFailed, OSError."""
        asked = work.expand(instruction.arguments)
        if work.draft.platform.os == "windows":
            path = absolute(work, asked)
            work.draft.config["WorkingDir"] = "C:" + (path.rstrip("/") or "/").replace("/", "\\")
        else:
            path = absolute(work, asked)
            work.draft.config["WorkingDir"] = path.rstrip("/") or "/"
        made = work.tree.make(path)
        told = history.setting(work.draft, f"WORKDIR {work.draft.workdir}", kit=self._kit)
        return work.layer(work.tree.touched(made)), told

    def transfer(self, work: Work, instruction: Instruction) -> tuple[Layer | None, str]:
        """COPY and ADD. Raises: EngineFailed, OSError."""
        self._allowed(instruction)
        flags = dict(instruction.flags)
        words = instruction.words if instruction.words is not None else split(instruction.arguments, self._escape)
        *sources, target = [word if _is_heredoc(instruction, word) else work.expand(word) for word in words]
        excluded = Ignored("\n".join(value for name, value in instruction.flags if name == "exclude"))
        transfer = Transfer(
            work.tree, owner=_owner(work, flags), mode=_mode(flags.get("chmod", "")), excluded=excluded,
            like=self._kit,
        )  # fmt: skip
        found = self._sources(work, instruction, sources, target)
        if len(found) > 1 and not target.replace("\\", "/").endswith("/"):
            raise EngineFailed(
                f"When using {instruction.keyword} with more than one source file, "
                "the destination must be a directory and end with a /"
            )
        place = absolute(work, target)
        for each in found:
            transfer.put(each.source, f"{place.rstrip('/')}/{each.folder}/" if each.folder else place, each.name)
        layer = work.tree.layer(work.tree.touched(transfer.written), work.blobs)
        return layer, history.transfer(work.draft, instruction.text, target, layer, kit=self._kit)

    def fingerprint(self, work: Work, instruction: Instruction) -> str:
        """Of the content that COPY or ADD would take; nothing where that cannot be told beforehand."""
        words = instruction.words if instruction.words is not None else split(instruction.arguments, self._escape)
        sources = [work.expand(word) for word in words[:-1]]
        if instruction.heredocs or any(_URL.match(source) for source in sources):
            return ""
        origin = self._origin(dict(instruction.flags).get("from", ""))
        return origin.fingerprint([path for source in sources for path in origin.matched(source.replace("\\", "/"))])

    def _allowed(self, instruction: Instruction) -> None:
        if self._kit:
            return
        for name, _ in instruction.flags:
            if name in _KIT_FLAGS:
                raise EngineFailed(f"the --{name} option requires BuildKit. {_KIT}")
        if instruction.heredocs:
            raise EngineFailed(f"a here-document in {instruction.keyword} requires BuildKit. {_KIT}")

    def _sources(self, work: Work, instruction: Instruction, sources: list[str], target: str) -> list[Named]:
        origin = self._origin(dict(instruction.flags).get("from", ""))
        heredocs = {heredoc.name: heredoc for heredoc in instruction.heredocs}
        found: list[Named] = []
        for source in sources:
            name = source.lstrip("<-").strip("'\"")
            if source.startswith("<<") and name in heredocs:
                found.append(self._written(name, self._body(work, heredocs[name]).encode(), 0o644))
            elif instruction.keyword == "ADD" and self._kit and _GIT.fullmatch(source):
                raise EngineFailed(f"acrlab: ADD of a git repository is not emulated: {source}")
            elif _URL.match(source):
                found.append(self._fetched(instruction, source, target))
            else:
                found += self._matched(instruction, origin, source)
        if not found:
            raise EngineFailed(f"{instruction.keyword} failed: no source files were specified")
        return found

    def _body(self, work: Work, heredoc: Heredoc) -> str:
        if not heredoc.expand:
            return heredoc.text
        return expanded(heredoc.text, work.variables, self._escape, quotes=False)

    def _matched(self, instruction: Instruction, origin: Origin, source: str) -> list[Named]:
        paths = origin.matched(source.replace("\\", "/"))
        shown = source.removeprefix("./").lstrip("/")
        if not paths and self._kit:
            text = "failed to compute cache key: failed to calculate checksum of ref"
            raise EngineFailed(f'{text}: "/{shown}": not found')
        if not paths and not set("*?[") & set(source):
            inside = "from" in dict(instruction.flags)
            where = "" if inside else "file not found in build context or excluded by .dockerignore: "
            raise EngineFailed(f"{instruction.keyword} failed: {where}stat {shown}: file does not exist")
        unpack = instruction.keyword == "ADD"
        kept = "parents" in dict(instruction.flags)
        return [Named(Source(origin, path, unpack), folder=_kept(origin, path) if kept else "") for path in paths]

    def _written(self, name: str, content: bytes, mode: int) -> Named:
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        (folder / name).write_bytes(content)
        (folder / name).chmod(mode)
        return Named(Source(Origin(folder), name))

    def _fetched(self, instruction: Instruction, url: str, target: str) -> Named:
        """A file over HTTP, with the time its server gives it."""
        if instruction.keyword == "COPY":
            raise EngineFailed("COPY failed: source can't be a URL for COPY")
        parts = urllib.parse.urlsplit(url)
        name = parts.path.rpartition("/")[2]
        if not name and target.endswith("/"):
            raise EngineFailed(f"ADD failed: cannot determine filename for source {url}")
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        file = folder / (name or "__unnamed__")
        digest, modified = _download(url, file)
        wanted = dict(instruction.flags).get("checksum", "")
        if wanted and wanted != digest:
            raise EngineFailed(f"digest mismatch {digest}: {wanted}")
        file.chmod(0o600)
        os.utime(file, (modified, modified))
        return Named(Source(Origin(folder), file.name))


def absolute(work: Work, path: str) -> str:
    """Against the working directory; without drive and backslashes on Windows."""
    if work.draft.platform.os != "windows":
        return joined(work.draft.workdir, path)
    plain = [_DRIVE.sub("", each, count=1).replace("\\", "/") for each in (work.draft.workdir, path)]
    return joined(*plain)


def _kept(origin: Origin, path: str) -> str:
    return path if (origin.root / path).is_dir() else path.rpartition("/")[0]


def _is_heredoc(instruction: Instruction, word: str) -> bool:
    return bool(instruction.heredocs) and word.startswith("<<")


def _owner(work: Work, flags: dict[str, str]) -> tuple[int, int] | None:
    chown = work.expand(flags.get("chown", ""))
    if not chown or work.draft.platform.os == "windows":
        return None
    return owner(work.tree.root, chown)


def _mode(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-7]{1,5}", text) or int(text, 8) > 0o7777:
        raise EngineFailed(f"invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777")
    return int(text, 8)


def _download(url: str, file: Path) -> tuple[str, float]:
    """Into a file; its digest, and when it was last changed."""
    try:
        with urllib.request.urlopen(url, timeout=60) as response, file.open("wb") as out:
            digest = hashlib.sha256()
            while data := response.read(1 << 20):
                digest.update(data)
                out.write(data)
            said = response.headers.get("Last-Modified")
    except urllib.error.HTTPError as failure:
        raise EngineFailed(f"ADD failed: failed to GET {url} with status {failure.code} {failure.reason}: ") from None
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "reason", failure)
        raise EngineFailed(f'ADD failed: Get "{url}": {reason}') from None
    try:
        return f"sha256:{digest.hexdigest()}", parsedate_to_datetime(said).timestamp() if said else 0.0
    except (TypeError, ValueError):
        return f"sha256:{digest.hexdigest()}", 0.0
