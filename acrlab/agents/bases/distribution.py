"""Debian of its own packages: its essential ones and apt, as installed, though none of their scripts have run."""

import hashlib
import platform
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from acrlab.agents.bases import packages
from acrlab.agents.bases.made import PATH, Made
from acrlab.agents.bases.packages import Packages
from acrlab.agents.bases.rootfs import Rootfs

Member = tuple[str, str]  # path below the root; MD5 of a file that belongs to the administrator, else nothing

_NAMES = ("?essential", "apt", "usr-is-merged")
_APT = "_apt:x:42:65534::/nonexistent:/usr/sbin/nologin\n"
_EMPTY = ("available", "diversions", "statoverride")
# What the scripts of base-files, libc-bin and base-passwd copy.
_COPIED = {
    "usr/share/base-files/dot.bashrc": "root/.bashrc",
    "usr/share/base-files/dot.profile": "root/.profile",
    "usr/share/base-files/profile": "etc/profile",
    "usr/share/libc-bin/nsswitch.conf": "etc/nsswitch.conf",
}
# What the script of mawk asks update-alternatives for.
_AWK = "auto\n/usr/bin/awk\nnawk\n/usr/bin/nawk\n\n/usr/bin/mawk\n5\n/usr/bin/mawk\n\n"
# What the script of libpam-runtime makes of usr/share/pam-configs, where there is unix and nothing else.
_PAM = {
    "auth": "auth [success=1 default=ignore] pam_unix.so nullok",
    "account": "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so",
    "password": "password [success=1 default=ignore] pam_unix.so obscure yescrypt",
    "session": "session [default=1] pam_permit.so",
    "session-noninteractive": "session [default=1] pam_permit.so",
}
_PAM_END = "{0} requisite pam_deny.so\n{0} required pam_permit.so\n"
_PAM_UNIX = "session required pam_unix.so\n"
_QUIET = "force-unsafe-io\n" + "".join(f"path-exclude /{each}/*\n" for each in packages.LEFT_OUT)


def missing(architecture: str) -> str:
    """Why it cannot be made here; nothing where it may be."""
    if sys.platform != "linux" or _machine() != "debian":
        return "it is made of the packages that apt gets on a Debian, and this machine is none"
    return packages.missing(architecture)


def debian(folder: Path, blobs: Path, architecture: str) -> Made:
    """Put it together. Raises: EngineFailed."""
    source = Packages(folder / "apt", architecture)
    debs = source.fetch(_NAMES)
    place = folder / "root"
    root = Rootfs(place)
    root.packages(debs)
    _accounts(root, place)
    for given, target in _COPIED.items():
        if (place / given).is_file():
            root.copy(place / given, target)
    root.link("/etc/alternatives/awk", "/usr/bin/mawk")
    root.link("/etc/alternatives/nawk", "/usr/bin/mawk")
    for name in ("awk", "nawk"):
        root.link(f"/usr/bin/{name}", f"/etc/alternatives/{name}")
    root.write("/var/lib/dpkg/alternatives/awk", _AWK)
    for kind, line in _PAM.items():
        more = _PAM_UNIX if kind.startswith("session") else ""
        root.write(f"/etc/pam.d/common-{kind}", f"{line}\n{_PAM_END.format(kind.partition('-')[0])}{more}")
    root.write("/etc/apt/sources.list", source.sources())
    root.write("/etc/dpkg/dpkg.cfg.d/stand-in", _QUIET)
    _database(root, debs, folder / "control")
    return Made("linux", architecture, {"Cmd": ["bash"], "Env": [PATH]}, root.layer(blobs))


def _machine() -> str:
    try:
        return platform.freedesktop_os_release().get("ID", "")
    except OSError:
        return ""


def _accounts(root: Rootfs, place: Path) -> None:
    """As base-passwd, passwd and apt leave them. Nobody has a password."""
    masters = {name: (place / f"usr/share/base-passwd/{name}.master").read_text() for name in ("passwd", "group")}
    users = masters["passwd"].replace(":*:", ":x:") + _APT
    root.write("/etc/passwd", users)
    root.write("/etc/group", masters["group"].replace(":*:", ":x:"))
    root.write("/etc/shadow", _shadow(users, "*:19000:0:99999:7:::"), 0o640)
    root.write("/etc/gshadow", _shadow(masters["group"], "*::"), 0o640)


def _shadow(lines: str, rest: str) -> str:
    return "".join(f"{line.partition(':')[0]}:{rest}\n" for line in lines.splitlines())


def _database(root: Rootfs, debs: Iterable[Path], scratch: Path) -> None:
    """dpkg's own of all packages, so that apt goes on from there."""
    scratch.mkdir()
    for name in _EMPTY:
        root.write(f"/var/lib/dpkg/{name}", "")
    root.write("/var/lib/dpkg/info/format", "1\n")
    entries: list[str] = []
    interests: dict[str, list[str]] = {}
    for deb in debs:
        control = scratch / deb.stem
        subprocess.run(["dpkg-deb", "-e", deb, control], check=True)
        fields = (control / "control").read_text().rstrip("\n")
        name = _name(fields)
        members = list(_members(deb, _conffiles(control)))
        _info(root, name, control, members)
        entries.append(_entry(fields, members))
        for path, who in _triggers(control / "triggers", name):
            interests.setdefault(path, []).append(who)
    root.write("/var/lib/dpkg/status", "\n".join(entries))
    files = [f"{path} {who}\n" for path, names in interests.items() if path.startswith("/") for who in names]
    root.write("/var/lib/dpkg/triggers/File", "".join(files))
    root.write("/var/lib/dpkg/triggers/Unincorp", "")
    for path, names in interests.items():
        if not path.startswith("/"):
            root.write(f"/var/lib/dpkg/triggers/{path}", "".join(f"{who}\n" for who in names))


def _name(fields: str) -> str:
    """What a package is called in dpkg's folder."""
    read = dict(line.split(": ", 1) for line in fields.splitlines() if ": " in line and line[0] != " ")
    several = read.get("Multi-Arch") == "same"
    return f"{read['Package']}:{read['Architecture']}" if several else read["Package"]


def _info(root: Rootfs, name: str, control: Path, members: Iterable[Member]) -> None:
    for each in sorted(control.iterdir()):
        if each.name != "control":
            root.copy(each, f"/var/lib/dpkg/info/{name}.{each.name}")
    root.write(f"/var/lib/dpkg/info/{name}.list", "/.\n" + "".join(f"/{path}\n" for path, _ in members if path))


def _entry(fields: str, members: Iterable[Member]) -> str:
    first, _, rest = fields.partition("\n")
    sums = [f" /{path} {digest}" for path, digest in members if digest]
    return "\n".join([first, "Status: install ok installed", rest, *(["Conffiles:", *sums] if sums else [])]) + "\n"


def _conffiles(control: Path) -> frozenset[str]:
    file = control / "conffiles"
    lines = file.read_text().splitlines() if file.is_file() else ()
    return frozenset(line.strip().lstrip("/") for line in lines)


def _members(deb: Path, hashed: frozenset[str]) -> Iterator[Member]:
    """Paths in a package, and the MD5 of those that are asked for, as dpkg keeps it."""
    with (
        subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as opened,
        tarfile.open(fileobj=opened.stdout, mode="r|") as tar,
    ):
        for member in tar:
            path = member.name.removeprefix("./").strip("/")
            content = tar.extractfile(member) if path in hashed else None
            digest = hashlib.md5(content.read(), usedforsecurity=False).hexdigest() if content else ""
            yield "" if path == "." else path, digest


def _triggers(file: Path, name: str) -> Iterator[tuple[str, str]]:
    """What a package waits for: a path or a name, and who is told."""
    for line in file.read_text().splitlines() if file.is_file() else ():
        kind, _, path = line.partition(" ")
        if kind.startswith("interest"):
            yield path.strip(), f"{name}/noawait" if kind.endswith("noawait") else name
