"""Programs in other languages, each made ready once with the packages that its lock file names."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.peers.tools import GO_BUILD_SECONDS, PIP_SECONDS, Missing, alone, command, folder, tool

HERE = Path(__file__).parent
NODE = 20
Walk = Callable[[str], list[str]]


def _place(name: str, sources: list[Path]) -> Path:
    """The folder for these very files."""
    text = b"".join(hashlib.sha256(each.read_bytes()).digest() for each in sorted(sources))
    return folder() / "walks" / f"{name}-{hashlib.sha256(text).hexdigest()[:12]}"


def javascript() -> Walk:
    """Raises: Missing"""
    node, npm = tool("node"), tool("npm")
    major = int(node.run("--print", "process.versions.node").stdout.split(".")[0])
    if major < NODE:
        raise Missing(f"node is {major}, and the packages want {NODE} or newer")
    source = HERE / "javascript"
    place = _place("javascript", [source / "package.json", source / "package-lock.json"])
    with alone("walks-javascript"):
        shutil.copytree(source, place, dirs_exist_ok=True)
        if not (place / "complete").is_file():
            command([str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts"], PIP_SECONDS, cwd=place)
            (place / "complete").touch()
    return lambda name: [str(node), str(place / f"{name}.js")]


def go() -> Walk:
    """Raises: Missing"""
    source = HERE / "golang" / "walk"
    place = _place("go", list(source.iterdir()))
    program = place / "walk"
    with alone("walks-go"):
        if not program.is_file():
            compiler = tool("go")
            shutil.copytree(source, place, dirs_exist_ok=True)
            command([str(compiler), "build", "-o", str(program), "."], GO_BUILD_SECONDS, cwd=place)
    return lambda name: [str(program), name]
