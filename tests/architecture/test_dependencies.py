"""What acrlab imports it asks for: nothing comes along by luck with somebody else's package."""

import re
import subprocess
import sys
import tomllib

from tests.architecture.tree import HOME, imports, modules, parsed, place

PROJECT = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ASKED_FOR = {re.split(r"[^A-Za-z0-9_.-]", line)[0].lower() for line in PROJECT["dependencies"]}

# An extra is imported in its own room only, and there late: nobody who does not ask for it needs it.
EXTRAS = {
    "acrlab/agents/remote/": {
        re.split(r"[^A-Za-z0-9_.-]", line)[0].lower() for line in PROJECT["optional-dependencies"]["queue"]
    }
}

# Packages whose import has another name than the package.
PACKAGES = {"yaml": "pyyaml", "IPython": "ipython"}


def package(name: str) -> str:
    """The package that an import needs: azure.identity needs azure-identity."""
    root, *rest = name.split(".")
    if root != "azure":
        return PACKAGES.get(root, root).lower()
    dashed = "-".join([root, *rest])
    return next((asked for asked in sorted(ASKED_FOR, reverse=True) if dashed.startswith(asked)), dashed)


def _asked_for(path) -> set[str]:
    room = path.relative_to(HOME).as_posix()
    return ASKED_FOR.union(*(names for folder, names in EXTRAS.items() if room.startswith(folder)))


def test_an_extra_is_not_needed():
    code = "import sys; import acrlab.emulator, acrlab.cli, acrlab.agents.remote.worker, acrlab.agents.remote.fleet; "
    code += "assert not {'procrastinate', 'psycopg'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=HOME)


def test_every_import_is_asked_for():
    known = sys.stdlib_module_names | {"acrlab"}
    found = {
        f"{package(name)}: {place(path, line)}"
        for path in modules()
        for line, name in imports(parsed(path))
        if name.split(".")[0] not in known and package(name) not in _asked_for(path)
    }
    advice = "add to dependencies in pyproject.toml, then python -m tests.project.lock"
    assert not found, "\n".join([advice, *sorted(found)])
