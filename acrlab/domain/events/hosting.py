"""What happened at the git hosts. A repository is named by its key: host, owner, project and name, in lower case."""

from typing import Any

from acrlab.domain.events.happening import Happening


class HostedOpened(Happening, frozen=True):
    """A repository was made. `id` is the name of its objects' folder, `title` and `url` are as spelled."""

    repository: str
    id: str
    host: str
    owner: str
    project: str
    name: str
    private: bool = False


class HostedClosed(Happening, frozen=True):
    """The repository is gone, with all that was in it."""

    repository: str


class HostTokenIssued(Happening, frozen=True):
    """A personal access token. `digest` is the hash of it: the token itself is kept nowhere."""

    host: str
    owner: str
    name: str
    digest: str
    scopes: list[str]
    expires: float = 0.0


class HostTokenRevoked(Happening, frozen=True):
    """It holds no more."""

    digest: str


class RefMoved(Happening, frozen=True):
    """A branch or tag was made (`old` is empty), moved, or deleted (`new` is empty).

    `peeled` is what an annotated tag is of, `head` the default branch from now on where that changes. `files` are those
    that differ, up to a limit, and `subject` and `author` are of the newest commit. `who` pushed.
    """

    repository: str
    ref: str
    old: str = ""
    new: str = ""
    peeled: str = ""
    head: str = ""
    forced: bool = False
    files: list[str] = []
    subject: str = ""
    author: str = ""
    who: str = ""


class PullRequestMoved(Happening, frozen=True):
    """A pull request was opened, its branch pushed to (synchronize), merged or closed. `facts` are all of it."""

    repository: str
    number: int
    action: str  # opened | synchronize | edited | reopened | merged | closed
    facts: dict[str, Any]
    files: list[str] = []
    who: str = ""


class SourceHookPut(Happening, frozen=True):
    """A webhook of the repository. `secret` is never told."""

    repository: str
    hook: int
    url: str
    kinds: list[str]
    active: bool = True
    content_type: str = "form"
    secret: str = ""
    made_by: str = ""


class SourceHookRemoved(Happening, frozen=True):
    """It is gone."""

    repository: str
    hook: int


class SourceHookFired(Happening, frozen=True):
    """The webhook had something to say. It is recorded as it would be sent."""

    repository: str
    hook: int
    event: str
    kind: str
    content: dict[str, Any]


class CommitStatusPut(Happening, frozen=True):
    """Somebody says how a commit fares."""

    repository: str
    commit: str
    facts: dict[str, Any]


Hosting = (
    HostedOpened | HostedClosed | HostTokenIssued | HostTokenRevoked | RefMoved | PullRequestMoved | SourceHookPut
    | SourceHookRemoved | SourceHookFired | CommitStatusPut
)  # fmt: skip
