"""A file system put together from files of this machine: programs, the libraries they load, and what is written."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

from acrlab.agents.archive import Layer, written
from acrlab.agents.bases.packages import unpack
from acrlab.agents.snapshot import changes, snapshot

_SEARCHED = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
_LOADED = re.compile(r"(?:=> )?(/\S+) \(0x[0-9a-f]+\)")
_APPLETS = re.compile(rb"\[\0\[\[\0(?:[a-z0-9][a-z0-9_.+-]*\0)+")  # how a busybox lists its names
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_FOLDERS = ("dev", "etc", "home", "mnt", "opt", "proc", "root", "run", "srv", "sys", "usr/local/bin", "var/tmp")


def found(programs: Iterable[str]) -> list[str]:
    """Where programs lie on this machine; those that are not here are left out."""
    return [path for name in programs if (path := shutil.which(name, path=_SEARCHED))]


class Rootfs:
    """Files below a folder. All belong to root, and their times are those of their sources, or none."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True)
        for name in _MERGED:
            (root / "usr" / name).mkdir(parents=True, exist_ok=True)
            (root / name).symlink_to(f"usr/{name}")
        for name in _FOLDERS:
            (root / name).mkdir(parents=True, exist_ok=True)
        (root / "tmp").mkdir()
        (root / "tmp").chmod(0o1777)
        (root / "var/tmp").chmod(0o1777)

    def programs(self, paths: Iterable[str], folder: str = "") -> None:
        """Programs where they lie on the machine, or in a folder, with what they load."""
        paths = list(paths)
        for path in paths:
            self.copy(Path(path), f"{folder}/{Path(path).name}" if folder else path)
        self.libraries(paths)

    def libraries(self, paths: Iterable[str]) -> None:
        """What programs or libraries load."""
        for path in _loaded(paths):
            self.copy(Path(path), path)

    def tree(self, source: Path, target: str, leave_out: re.Pattern[str]) -> list[str]:
        """A folder; the libraries in it."""
        libraries = []
        for folder, folders, files in os.walk(source):
            inside = Path(folder).relative_to(source)
            folders[:] = sorted(name for name in folders if not leave_out.search(f"{inside}/{name}"))
            for name in files:
                if leave_out.search(f"{inside}/{name}"):
                    continue
                place = Path(folder, name)
                self.copy(place, f"{target}/{inside}/{name}", follow=False)
                if ".so" in name and not place.is_symlink():
                    libraries.append(str(place))
        return libraries

    def write(self, target: str, text: str, mode: int = 0o644) -> None:
        path = self._place(target)
        path.write_text(text)
        path.chmod(mode)
        os.utime(path, (0, 0))

    def link(self, target: str, to: str) -> None:
        path = self._place(target)
        path.unlink(missing_ok=True)
        path.symlink_to(to)

    def packages(self, debs: Iterable[Path]) -> None:
        """What packages hold, in their own places. Raises: EngineFailed."""
        unpack(debs, self._root)

    def applets(self, program: str) -> None:
        """The names of a busybox that are not taken yet, each a link to it."""
        found = _APPLETS.search((self._root / program.lstrip("/")).read_bytes())
        for name in found.group().split(b"\0") if found else ():
            path = self._place(f"/bin/{name.decode()}")
            if name and not path.exists() and not path.is_symlink():
                path.symlink_to(program)

    def layer(self, blobs: Path) -> Layer:
        """Write it all."""
        for path in [*self._root.rglob("*")]:
            if path.is_symlink() or path.is_dir():
                os.utime(path, (0, 0), follow_symlinks=False)
        return written(self._root, changes({}, snapshot(self._root)), blobs, {})

    def copy(self, source: Path, target: str, *, follow: bool = True) -> None:
        """A file; what is there already stays."""
        path = self._place(target)
        if path.exists() or path.is_symlink():
            return
        if source.is_symlink() and not follow:
            path.symlink_to(os.readlink(source))
            return
        shutil.copyfile(source, path)
        path.chmod(stat.S_IMODE(source.stat().st_mode) & 0o755)
        moment = int(source.stat().st_mtime)
        os.utime(path, (moment, moment))

    def _place(self, target: str) -> Path:
        parts = Path(target).parts[1:] if target.startswith("/") else Path(target).parts
        if parts and parts[0] in _MERGED:
            parts = ("usr", *parts)
        path = self._root.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def _loaded(paths: Iterable[str]) -> list[str]:
    real = sorted({os.path.realpath(path) for path in paths})
    loader = shutil.which("ldd", path=_SEARCHED)
    if not real or not loader:
        return []
    done = subprocess.run([loader, *real], capture_output=True, text=True, check=False, env={"LC_ALL": "C"})
    return sorted(set(_LOADED.findall(done.stdout)))
