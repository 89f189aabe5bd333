"""Artifact streaming: what is to be converted, and what has been."""

from acrlab.domain.events.happening import Happening


class StreamingSet(Happening, frozen=True):
    """Whether images that are pushed to a repository are converted by themselves."""

    registry: str
    repository: str
    on: bool


class ConversionStarted(Happening, frozen=True):
    """A conversion of an image was begun; it is over at `due`, in epoch seconds."""

    id: str
    registry: str
    repository: str
    digest: str
    due: float


class ConversionEnded(Happening, frozen=True):
    """It is over: Succeeded, Failed or Canceled. `error` says why it failed."""

    id: str
    status: str
    error: str = ""


Streaming = StreamingSet | ConversionStarted | ConversionEnded
