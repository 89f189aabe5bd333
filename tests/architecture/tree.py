"""What the architecture tests look at: the modules of acrlab and the files of the repository."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
PACKAGE = HOME / "acrlab"
NOT_OURS = {".venv", ".git", "__pycache__", "node_modules", "build", "dist"}


def modules(*parts: str) -> list[Path]:
    """The modules of acrlab, or of some of its parts."""
    roots = [PACKAGE / part for part in parts] or [PACKAGE]
    return sorted(path for root in roots for path in root.rglob("*.py"))


def files() -> list[Path]:
    """The files of the repository: what git tracks or would; without git, all that is not made by tools."""
    if (HOME / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=HOME, check=True, capture_output=True).stdout.decode()
        return sorted(path for name in listed.split("\0") if name and (path := HOME / name).is_file())
    return sorted(path for path in HOME.rglob("*") if path.is_file() and not NOT_OURS & set(path.parts))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything that is imported, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that is read: open, datetime.now, uuid.uuid4."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and (name := dotted(node)):
            yield node.lineno, name


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(HOME).as_posix()}:{line}"
