"""What an agent remembers of its builds, so that the same instruction on the same image is not done twice."""

import copy
import hashlib
import threading

from acrlab.agents.dockerfile.draft import Draft


class Known:
    """Outcomes by what they depend on. Used by several builds at once."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Draft | None:
        """The image an instruction has made before."""
        with self._lock:
            found = self._drafts.get(key)
        return copy.deepcopy(found)

    def put(self, key: str, draft: Draft) -> None:
        """Remember it; an empty key is none."""
        if key:
            with self._lock:
                self._drafts[key] = copy.deepcopy(draft)


def key(*parts: str) -> str:
    """One word for everything an outcome depends on."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()
