"""How long a step may go on: until its time is up, the run's is, somebody cancels, or another step has failed."""

import threading
import time

POLL = 0.05  # seconds between two looks at the events


class Limit:
    """Asked by whoever waits."""

    def __init__(self, seconds: float, *events: threading.Event) -> None:
        self._deadline, self.events = time.monotonic() + seconds, events

    def within(self, seconds: float) -> "Limit":
        """A limit that ends with this one, or sooner."""
        return Limit(min(seconds, self.left()), *self.events)

    def left(self) -> float:
        """Units: seconds."""
        return max(0.0, self._deadline - time.monotonic())

    @property
    def late(self) -> bool:
        """Whether its time is up."""
        return not self.left()

    @property
    def stopped(self) -> bool:
        """Whether somebody wants it to end."""
        return any(event.is_set() for event in self.events)

    @property
    def over(self) -> bool:
        """Whether there is anything to wait for."""
        return self.late or self.stopped

    def pause(self, seconds: float) -> bool:
        """Wait, and say whether it may go on."""
        end = time.monotonic() + seconds
        while not self.over and (rest := end - time.monotonic()) > 0:
            self.events[0].wait(min(rest, self.left(), POLL * 4))
        return not self.over
