"""The state of a world: plain tables, changed only by `engine.fold`."""

from typing import Any

import msgspec

from acrlab.domain.content import UNLOCKED, Attributes, Descriptor


class Entry(msgspec.Struct):
    """A manifest that a repository holds. Times are epoch seconds, sizes bytes."""

    digest: str
    media_type: str
    raw: bytes
    created: float
    updated: float
    architecture: str = ""
    os: str = ""
    size: int = 0
    config_media_type: str = ""
    subject: str = ""
    attributes: Attributes = UNLOCKED
    tags: dict[str, None] = {}
    untagged: float = 0.0  # when it lost its last tag
    quarantine: str = ""  # Quarantined | Passed | Failed, where that policy was on at its push
    quarantine_details: str = ""


class Trashed(msgspec.Struct):
    """A soft-deleted manifest, and what it was among the referrers. `at` is epoch seconds."""

    entry: Entry
    at: float
    referrer: Descriptor | None = None


class LostTag(msgspec.Struct):
    """A soft-deleted tag. `at` is epoch seconds."""

    tag: str
    digest: str
    at: float


class Tag(msgspec.Struct):
    """A name for a digest. Times are epoch seconds."""

    name: str
    digest: str
    created: float
    updated: float
    attributes: Attributes = UNLOCKED


class Link(msgspec.Struct):
    """A blob that a repository holds. `size` in bytes, `at` epoch seconds."""

    size: int
    at: float


class Repository(msgspec.Struct):
    """Manifests and tags are two maps: a digest is never a tag."""

    name: str
    created: float
    updated: float
    attributes: Attributes = UNLOCKED
    manifests: dict[str, Entry] = {}
    tags: dict[str, Tag] = {}
    blobs: dict[str, Link] = {}
    referrers: dict[str, dict[str, Descriptor]] = {}
    trash: dict[str, Trashed] = {}
    lost: list[LostTag] = []
    streaming: bool = False  # whether images that are pushed are converted

    def deletions(self) -> list[float]:
        """When what still waits here was deleted, in epoch seconds."""
        return [*(each.at for each in self.trash.values()), *(each.at for each in self.lost)]

    @property
    def visible(self) -> bool:
        """A repository exists for its readers once a manifest was pushed to it."""
        return bool(self.manifests)


class Registry(msgspec.Struct):
    """The data plane of one registry."""

    name: str
    login_server: str
    resource: str
    passwords: list[str]
    created: float
    repositories: dict[str, Repository] = {}
    held: dict[str, int] = {}  # digest -> how many repositories of this registry hold it
    stored: int = 0  # bytes of blobs, each counted once, and of manifests

    def visible(self) -> list[Repository]:
        """The repositories a catalogue shows, by name."""
        return sorted((each for each in self.repositories.values() if each.visible), key=lambda each: each.name)


class Resource(msgspec.Struct):
    """An ARM resource as it was last put. Times are epoch seconds."""

    id: str  # as first spelled
    body: dict[str, Any]
    created: float
    created_by: str
    modified: float
    modified_by: str


class Identity(msgspec.Struct):
    """A principal of the directory."""

    id: str
    kind: str
    name: str
    app_id: str
    tenant: str
    secrets: dict[str, str]
    properties: dict[str, Any]


class Operation(msgspec.Struct):
    """A long-running operation. `started` and `due` are epoch seconds."""

    id: str
    resource: str
    verb: str
    started: float
    due: float
    result: Any = None


class Delivery(msgspec.Struct):
    """What a webhook had to tell: the body, its own headers, and where to. `at` is epoch seconds."""

    id: str
    at: float
    content: dict[str, Any]
    headers: dict[str, str]
    uri: str


class Judgement(msgspec.Struct):
    """What was decided about a trigger of a task, and why. `at` is epoch seconds; `run` empty: it did not fire."""

    at: float
    task: str
    trigger: str
    kind: str
    because: list[str]
    run: str = ""


class Job(msgspec.Struct, order=True):
    """Something to be done at `due` (epoch seconds), in order of scheduling."""

    due: float
    sequence: int
    id: str = ""
    name: str = ""
    arguments: dict[str, Any] = {}


class VaultVersion(msgspec.Struct):
    """One version of a secret or a key: its value, and everything that may be told of it."""

    secret: str
    facts: dict[str, Any]


class VaultItem(msgspec.Struct):
    """A secret or a key. `deleted` is when it was, in epoch seconds; 0 for one that is there."""

    name: str
    versions: dict[str, VaultVersion] = {}  # oldest first
    deleted: float = 0.0


class StoredBlob(msgspec.Struct):
    """A blob of a storage account. `digest` is where its bytes are kept. Sizes are bytes, times epoch seconds."""

    digest: str
    size: int
    created: float
    modified: float
    etag: str
    md5: str
    content_type: str
    metadata: dict[str, str]


class Conversion(msgspec.Struct):
    """A conversion of an image for artifact streaming. `started` and `due` are epoch seconds."""

    id: str
    registry: str
    repository: str
    digest: str
    started: float
    due: float
    status: str = "Running"
    error: str = ""


class Hosted(msgspec.Struct):
    """A repository at a git host. Times are epoch seconds."""

    id: str  # of its objects
    host: str
    owner: str
    project: str
    name: str
    private: bool
    created: float
    pushed: float
    head: str = "main"
    refs: dict[str, str] = {}
    peeled: dict[str, str] = {}  # annotated tags -> what they are of
    pulls: dict[int, dict[str, Any]] = {}
    hooks: dict[int, "SourceHook"] = {}
    statuses: dict[str, list[dict[str, Any]]] = {}  # by commit, oldest first
    numbered: int = 0  # hooks so far


class SourceHook(msgspec.Struct):
    """A webhook of a repository, and what it had to tell."""

    id: int
    url: str
    kinds: list[str]
    active: bool
    content_type: str
    secret: str
    made_by: str
    created: float
    told: list[dict[str, Any]] = []


class HostToken(msgspec.Struct):
    """A personal access token of a git host. `expires` is epoch seconds, 0 for never."""

    host: str
    owner: str
    name: str
    scopes: list[str]
    expires: float


class Connection(msgspec.Struct):
    """A service connection of a pipeline: a service principal with a role on a registry, and a secret of it."""

    name: str
    registry: str
    login_server: str
    principal: str
    app_id: str
    role: str
    secret: str


class PipelineRun(msgspec.Struct):
    """A run of a pipeline. Times are epoch seconds, 0 for what is not over; then `result` is empty."""

    number: int
    file: str
    system: str
    branch: str
    reason: str
    started: float
    finished: float = 0.0
    result: str = ""


class State(msgspec.Struct):
    """Everything that is."""

    profile: str = "current-2026"
    tenant: str = ""
    subscription: str = ""
    advanced: float = 0.0  # seconds the clock was turned forward
    principals: dict[str, Identity] = {}
    resources: dict[str, Resource] = {}  # by lower-case id
    registries: dict[str, Registry] = {}  # by lower-case name
    login_servers: dict[str, str] = {}  # login server -> registry
    operations: dict[str, Operation] = {}
    vaults: dict[str, dict[str, VaultItem]] = {}  # by lower-case id of the vault, then by kind/name
    accounts: dict[str, dict[str, dict[str, StoredBlob]]] = {}  # by lower-case id of the account, container, name
    conversions: dict[str, Conversion] = {}  # oldest first
    jobs: list[Job] = []  # a heap
    scheduled: int = 0
    deliveries: dict[str, list[Delivery]] = {}  # by lower-case id of the webhook, oldest first
    judgements: dict[str, list[Judgement]] = {}  # by lower-case id of the task, oldest first
    runs: dict[str, int] = {}  # registry -> how many runs it has had
    counted: dict[str, dict[int, int]] = {}  # registry/kind -> minute since 1970 -> requests
    links: dict[str, int] = {}  # digest -> how many repositories and blobs of storage accounts hold it
    hosted: dict[str, Hosted] = {}  # by host, owner, project and name, in lower case
    host_tokens: dict[str, HostToken] = {}  # by the hash of the token
    connections: dict[str, Connection] = {}  # by lower-case name
    pipelines: list[PipelineRun] = []  # by number, from 1

    def inside(self, registry: str, kind: str) -> list[Resource]:
        """The resources of a kind that belong to a registry, by id."""
        below = f"{registry.lower()}/{kind}/"
        found = sorted(key for key in self.resources if key.startswith(below))
        return [self.resources[key] for key in found]
