"""A quiz or an exam as a page of its own: the screens of a notebook, without the notebook around them."""

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from acrlab.cli.child import call
from acrlab.cli.sentences import fail

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
VOILA = (sys.executable, "-m", "voila", "--token", "--Voila.ip=127.0.0.1", "--show_tracebacks=True")


def opened(shown: str, *, browser: bool) -> int:
    """Show what an expression with `ui` gives, until Ctrl-C. The page is for this machine, and asks for its token."""
    if find_spec("voila") is None:
        fail("a page of its own needs Voilà: pip install 'voila>=0.5.8,<0.6'")
    with TemporaryDirectory(prefix="acrlab-") as folder:
        path = Path(folder) / "acrlab.ipynb"
        path.write_text(json.dumps(_notebook(f"from acrlab import ui\n\n{shown}")), encoding="utf-8")
        return call([*VOILA, *(() if browser else ("--no-browser",)), str(path)], os.environ)


def _notebook(source: str) -> dict[str, object]:
    cell = {"cell_type": "code", "id": "page", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    return {"cells": [cell], "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}
