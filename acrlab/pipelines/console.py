"""The log of a run: line by line as it happens, with every secret masked."""

import threading
from collections.abc import Callable

SHORTEST = 3  # characters of a secret that is worth masking


class Console:
    """Writes lines. `mask` stands for a secret; a system has its own."""

    def __init__(self, write: Callable[[str], None], mask: str) -> None:
        self._write, self._mask = write, mask
        self._secrets: list[str] = []
        self._lock = threading.Lock()

    def hide(self, secret: str) -> None:
        """Mask a text from now on, and each line of it."""
        with self._lock:
            for each in {secret, *secret.splitlines()}:
                if len(each.strip()) >= SHORTEST and each not in self._secrets:
                    self._secrets.append(each)
            self._secrets.sort(key=len, reverse=True)

    def masked(self, text: str) -> str:
        """The text without secrets."""
        for each in self._secrets:
            text = text.replace(each, self._mask)
        return text

    def say(self, *lines: str) -> None:
        """Write lines."""
        with self._lock:
            for line in lines:
                self._write(self.masked(line))
