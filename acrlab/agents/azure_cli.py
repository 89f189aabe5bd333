"""The real `az` of this machine: where it is, and where its modules lie, for steps that use it."""

import os
import shutil
import sys
from pathlib import Path

from acrlab.agents.home import home

VERSION = "2.91.0"
_PACKAGE = "/opt/az"  # of Debian's and Fedora's packages; their az is a script that starts a Python there


class AzMissing(Exception):
    """There is no `az` on this machine. The text says how to get it."""


def folder() -> Path:
    """Where `acrlab az --install` puts it."""
    return home() / f"az-{VERSION}"


def whole() -> Path:
    """The mark of an installation that came to its end."""
    return folder() / "acrlab-installed"


def executable() -> str:
    """The path of `az`. Raises: AzMissing."""
    own = folder() / ("Scripts/az.bat" if os.name == "nt" else "bin/az")
    found = os.environ.get("ACRLAB_AZ") or (str(own) if whole().exists() else shutil.which("az"))
    if not found:
        raise AzMissing(
            "the Azure CLI is not on this machine: `acrlab az --install` puts it beside acrlab (about 700 MB)"
        )
    return found


def modules() -> Path:
    """The folder of its modules, for the Python that this runs on. Raises: AzMissing."""
    az = Path(executable())
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    others = []
    for prefix in (az.parent.parent, az.resolve().parent.parent, Path(_PACKAGE)):
        for site in sorted(prefix.glob("lib*/python3.*/site-packages")):
            if (site / "azure/cli/__main__.py").is_file():
                if site.parent.name == version:
                    return site
                others.append(site.parent.name)
    made = (
        f"is made for {others[0]}, and steps have {version}" if others else "is not of a kind that a step can be lent"
    )
    raise AzMissing(f"the Azure CLI at {az} {made}: `acrlab az --install` puts one that fits beside acrlab")
