"""The instructions that put files into an image: COPY, ADD, WORKDIR."""

import itertools
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from acrlab.agents import accounts
from acrlab.agents.archive import Layer
from acrlab.agents.dockerfile import history
from acrlab.agents.dockerfile.heredocs import Heredoc, marker
from acrlab.agents.dockerfile.ignore import Ignored
from acrlab.agents.dockerfile.instruction import Instruction
from acrlab.agents.dockerfile.options import on
from acrlab.agents.dockerfile.origin import Origin
from acrlab.agents.dockerfile.remote import Fetching, Named, is_remote
from acrlab.agents.dockerfile.stage import Work
from acrlab.agents.dockerfile.transfer import Source, Transfer
from acrlab.agents.dockerfile.variables import expanded
from acrlab.agents.paths import joined
from acrlab.agents.protocol import Build, EngineFailed
from acrlab.agents.tree import ROOT

_KIT = "Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled"
_KIT_FLAGS = ("chmod", "link", "parents", "exclude", "checksum", "keep-git-dir", "unpack")
_EXPANDED = frozenset({"chown", "chmod"})
_WILD = frozenset("*?[")
_URL = re.compile(r"https?://", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")


class Files:
    """Does them for one build."""

    def __init__(self, what: Build, origin: Callable[[str], Origin], scratch: Path, escape: str) -> None:
        self._origin, self._scratch, self._escape, self._kit = origin, scratch, escape, what.buildkit
        self._fetching = Fetching(what, scratch)

    def workdir(self, work: Work, instruction: Instruction) -> tuple[Layer | None, str]:
        """Make the folder, and begin there from now on. Raises: EngineFailed, OSError."""
        asked = work.expand(instruction.arguments)
        if work.draft.platform.os == "windows":
            path = absolute(work, asked)
            work.draft.config["WorkingDir"] = "C:" + (path.rstrip("/") or "/").replace("/", "\\")
        else:
            path = absolute(work, asked)
            work.draft.config["WorkingDir"] = asked if asked.startswith("/") else path.rstrip("/") or "/"
        user = str(work.draft.config.get("User") or "")
        made = work.tree.make(path, accounts.given(work.tree.root, user) if self._kit and user else ROOT)
        layer = work.layer(work.tree.touched(made), always=self._kit and path != "/")
        return layer, history.workdir(work.draft, kit=self._kit)

    def transfer(self, work: Work, instruction: Instruction) -> tuple[Layer | None, str]:
        """COPY and ADD. Raises: EngineFailed, OSError."""
        self._allowed(instruction)
        flags = {name: work.expand(value) if name in _EXPANDED else value for name, value in instruction.flags}
        words = [word if _is_heredoc(instruction, word) else work.expand(word) for word in instruction.listed]
        *sources, target = words
        excluded = Ignored("\n".join(value for name, value in instruction.flags if name == "exclude"))
        transfer = Transfer(
            work.tree, owner=self._owner(work, flags), mode=_mode(flags.get("chmod", "")), excluded=excluded,
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
        if self._kit:
            return layer, history.copied(instruction, words, flags)
        kind = "multi" if len(found) > 1 else "dir" if found[0].source.folder else "file"
        return layer, history.added(work.draft, instruction, kind, layer, target, flags.get("chown", ""))

    def fingerprint(self, work: Work, instruction: Instruction) -> str:
        """Of the content that COPY or ADD would take; nothing where that cannot be told beforehand."""
        sources = [work.expand(word) for word in instruction.listed[:-1]]
        if instruction.heredocs or any(is_remote(source, kit=self._kit) for source in sources):
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
            announced = marker(source) if heredocs else None
            if announced:
                heredoc = heredocs[announced.name]
                found.append(self._written(heredoc.name, self._body(work, heredoc).encode(), 0o644))
            elif instruction.keyword == "COPY" and _URL.match(source):
                raise EngineFailed("COPY failed: source can't be a URL for COPY")
            elif instruction.keyword == "ADD" and is_remote(source, kit=self._kit):
                flags = {name: work.expand(value) for name, value in instruction.flags}
                found.append(self._fetching.named(source, target, flags, len(sources)))
            elif "checksum" in dict(instruction.flags):
                raise EngineFailed("checksum requires HTTP(S) sources")
            else:
                found += self._matched(instruction, origin, source)
        if not found and not self._kit:
            raise EngineFailed(f"{instruction.keyword} failed: no source files were specified")
        return found

    def _owner(self, work: Work, flags: dict[str, str]) -> tuple[int, int] | None:
        chown = flags.get("chown", "")
        if not chown or work.draft.platform.os == "windows":
            return None
        return accounts.given(work.tree.root, chown) if self._kit else accounts.owner(work.tree.root, chown)

    def _body(self, work: Work, heredoc: Heredoc) -> str:
        if not heredoc.expand:
            return heredoc.text
        return expanded(heredoc.text, work.variables, self._escape, quotes=False)

    def _matched(self, instruction: Instruction, origin: Origin, source: str) -> list[Named]:
        paths = origin.matched(source.replace("\\", "/"))
        shown = source.removeprefix("./").lstrip("/")
        wild = _WILD & set(source)
        if not paths and self._kit and not (wild and origin.has(_before(source))):
            text = "failed to compute cache key: failed to calculate checksum of ref"
            raise EngineFailed(f'{text}: "/{shown}": not found')
        if not paths and not wild:
            inside = "from" in dict(instruction.flags)
            where = "" if inside else "file not found in build context or excluded by .dockerignore: "
            raise EngineFailed(f"{instruction.keyword} failed: {where}stat {shown}: file does not exist")
        unpack = instruction.keyword == "ADD" and on(dict(instruction.flags), "unpack", True)
        kept = on(dict(instruction.flags), "parents")
        return [Named(Source(origin, path, unpack), folder=_kept(origin, path) if kept else "") for path in paths]

    def _written(self, name: str, content: bytes, mode: int) -> Named:
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        (folder / name).write_bytes(content)
        (folder / name).chmod(mode)
        return Named(Source(Origin(folder), name))


def absolute(work: Work, path: str) -> str:
    """Against the working directory; without drive and backslashes on Windows."""
    if work.draft.platform.os != "windows":
        return joined(work.draft.workdir, path)
    plain = [_DRIVE.sub("", each, count=1).replace("\\", "/") for each in (work.draft.workdir, path)]
    return joined(*plain)


def _kept(origin: Origin, path: str) -> str:
    return path if (origin.root / path).is_dir() else path.rpartition("/")[0]


def _is_heredoc(instruction: Instruction, word: str) -> bool:
    return bool(instruction.heredocs) and marker(word) is not None


def _before(pattern: str) -> str:
    """The folders of a pattern down to its first wild part: they have to be there, what is in them need not."""
    parts = pattern.replace("\\", "/").split("/")
    return "/".join(itertools.takewhile(lambda part: not _WILD & set(part), parts))


def _mode(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-7]{1,5}", text) or int(text, 8) > 0o7777:
        raise EngineFailed(f"invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777")
    return int(text, 8)
