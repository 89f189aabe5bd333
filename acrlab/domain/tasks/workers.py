"""What an emulator and a worker on another machine say to each other."""

import msgspec

LIFE = 30 * 86400.0  # seconds that a credential holds unless it is asked for another life


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker needs: whom it works for, as whom, and which queues are its own. Holds its credential."""

    name: str
    address: str  # host:port of the emulator's door for agents
    authority: str  # the certificate that this door is known by, as PEM
    credential: str
    queues: tuple[str, ...]


class Renewed(msgspec.Struct, frozen=True, kw_only=True):
    """Another credential of the same worker; `renewal` is the seconds after which it asks again."""

    credential: str
    renewal: float


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """A worker that comes to work."""

    version: str
    engine: str = ""  # in words
    count: int = 1  # runs at a time


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. Units: seconds. A worker that says nothing for so long counts as gone."""

    silence: float


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """A sign of life, with the tokens of the runs that are under way."""

    runs: tuple[str, ...] = ()


class Stops(msgspec.Struct, frozen=True, kw_only=True):
    """Those of them that are over."""

    runs: tuple[str, ...] = ()


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A worker has found a run in the queue."""

    run: str


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """It is this worker's. `token` stands for the run as long as it is under way; `now` is the world's clock."""

    token: str
    now: float


class SecretAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A secret of a key vault, read as the run's identity, or as one of that client id."""

    url: str
    client: str = ""


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """A step signs in to a registry."""

    registry: str
    user: str
    password: str


class CloneAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A repository for an ADD: `URL#ref:folder`, with its .git where that is kept."""

    url: str
    token: str = ""
    keep: bool = False


class CommandAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A command of the built-in acr-cli."""

    argv: tuple[str, ...]


class CommandDone(msgspec.Struct, frozen=True, kw_only=True):
    """How it ended, and what it printed."""

    code: int
    lines: tuple[str, ...] = ()
