"""An answer before which something has to be done that may take long: that is done without the world's lock."""

from collections.abc import Callable
from typing import Generic, TypeVar

from acrlab.wire.http import Intake, Response

Done = TypeVar("Done")


class Slow(Intake, Generic[Done]):
    """`do` is called first, by itself; then `answer` decides and commits, with the world's lock held.

    `drop` lets go of what was done when nobody waits for the answer any more.
    """

    small = False

    def __init__(
        self, do: Callable[[], Done], answer: Callable[[Done], Response], drop: Callable[[], None] = lambda: None
    ) -> None:  # fmt: skip
        self._do, self._finish, self._drop = do, answer, drop
        self._done: list[Done] = []

    def write(self, chunk: bytes | memoryview) -> None:
        """The body has been taken."""

    def seal(self) -> None:
        self._done.append(self._do())

    def finish(self) -> Response:
        return self._finish(*self._done)

    def abort(self) -> None:
        self._drop()
