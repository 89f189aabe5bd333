"""Stand-ins for another machine than this one: the same images, of packages for that machine."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from acrlab.agents.bases import distribution, packages, recipes
from acrlab.agents.bases.made import PATH, Made, Recipe
from acrlab.agents.bases.packages import Packages
from acrlab.agents.bases.rootfs import Rootfs

_PYTHON = ("bash", "python3", "python3-pip")
_SHELL: Mapping[str, Any] = MappingProxyType({"Cmd": ["sh"]})
_VERSION = re.compile(r"\d+(\.\d+)+")


class _Contents(msgspec.Struct, frozen=True):
    what: str
    packages: tuple[str, ...] = ()
    config: Mapping[str, Any] = _SHELL


_CONTENTS: Mapping[Recipe, _Contents] = {
    recipes.shell: _Contents("busybox"),
    recipes.bash: _Contents("bash and busybox", ("bash",), recipes.BASH),
    recipes.curl: _Contents("curl and busybox", ("curl",), {"Entrypoint": ["curl"]}),
    recipes.python: _Contents("Python and busybox", _PYTHON, {"Cmd": ["python3"]}),
    recipes.web: _Contents("a server of static files without nginx's configuration", _PYTHON, recipes.WEB),
}


def says(recipe: Recipe, architecture: str) -> str:
    """What a stand-in is, for its label and for logs."""
    if recipe is recipes.debian:
        return recipes.says(recipe)
    return f"{_CONTENTS[recipe].what}, put together by acrlab of Debian's packages for {architecture}"


def missing(recipe: Recipe, architecture: str) -> str:
    """Why it cannot be made for an architecture; nothing where it may be."""
    if recipe is recipes.debian:
        return distribution.missing(architecture)
    if recipe not in _CONTENTS:
        return "it is made of this machine's programs, for its own platform only"
    return packages.missing(architecture)


def make(recipe: Recipe, folder: Path, blobs: Path, name: str, architecture: str) -> Made:
    """Put it together. Raises: EngineFailed."""
    if recipe is recipes.debian:
        return distribution.debian(folder, blobs, architecture)
    contents, folder_of_root = _CONTENTS[recipe], folder / "root"
    debs = Packages(folder / "apt", architecture).fetch(("busybox-static", *contents.packages))
    root = Rootfs(folder_of_root)
    root.packages(debs)
    root.applets("/bin/busybox")
    recipes.dressed(root, name)
    environment = [PATH]
    if "python3" in contents.packages:
        environment.append(f"PYTHON_VERSION={_python(root, folder_of_root, debs)}")
    if recipe is recipes.bash:
        recipes.entered(root)
    if recipe is recipes.web:
        recipes.served(root)
    config = {"Env": environment, "WorkingDir": "/", **contents.config}
    return Made("linux", architecture, config, root.layer(blobs))


def _python(root: Rootfs, place: Path, debs: list[Path]) -> str:
    """As the official image has it: its names, pip for everybody, certificates in one file; its version."""
    for name, target in (("python", "python3"), ("python3", "python3"), ("pip", "pip3"), ("pip3", "pip3")):
        root.link(f"/usr/local/bin/{name}", f"/usr/bin/{target}")
    for marker in place.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        marker.unlink()
    if recipes.CERTIFICATES.is_file():
        root.link("/usr/lib/ssl/cert.pem", str(recipes.CERTIFICATES))
    (deb,) = (each for each in debs if each.name.startswith("python3_"))
    told = subprocess.run(["dpkg-deb", "-f", deb, "Version"], capture_output=True, text=True, check=True).stdout
    found = _VERSION.match(told)
    return found.group() if found else ""
