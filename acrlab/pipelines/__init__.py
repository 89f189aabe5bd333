"""Pipelines of other systems, run here: the steps are really done, with the tools of this machine.

What is not in the subset is refused by name and line before anything runs; nothing is skipped silently.
"""

import os
import sys
from pathlib import Path
from typing import Any


def connect(name: str, registry: str, role: str = "AcrPush") -> dict[str, Any]:
    """Make a connection: a service principal with a role on a registry. Raises: NotRunning, ControlRefused."""
    from acrlab.client import running

    return running.control().connect(name, registry, role)


def run(file: str | os.PathLike[str], **wishes: Any) -> str:
    """Run a pipeline and show its log; its result in the words of its system.

    `wishes` are system, branch, reason, variables and tool, as `acrlab pipeline run` takes them. Where none is named,
    acrlab's own engine builds. Raises: PipelineRefused, NotRunning.
    """
    from acrlab.pipelines.execute import Wish, execute

    wish = Wish(Path(file), **{"tool": "" if os.name == "nt" else "acrlab", **wishes})
    return execute(wish, lambda line: _shown(f"{line}\n"))


def _shown(text: str) -> None:
    sys.stdout.write(text)
