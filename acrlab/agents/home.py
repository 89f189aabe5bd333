"""Where this user's things lie."""

import os
from pathlib import Path


def home() -> Path:
    """Where acrlab keeps worlds and tools of this user: ACRLAB_HOME, or ~/.acrlab."""
    return Path(os.environ.get("ACRLAB_HOME") or Path.home() / ".acrlab")
