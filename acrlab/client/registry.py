"""A registry in the learner's hands: the official clients, and objects that show themselves."""

import io
from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from azure.containerregistry import (
    ArtifactManifestProperties,
    ArtifactTagProperties,
    ContainerRegistryClient,
    RepositoryProperties,
)
from azure.core.credentials import TokenCredential
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.containerregistry.models import Registry as Resource
from azure.mgmt.containerregistry.models import RegistryUpdateParameters, RegistryUsage, Sku
from azure.mgmt.containerregistrytasks import ContainerRegistryTasksMgmtClient

from acrlab.client.content import Credentials, Document, Pushed, Reference
from acrlab.client.context import Context
from acrlab.client.display import Listing, Table, facts, locks, short, size, word
from acrlab.client.image import Image
from acrlab.client.refusals import Source, explained
from acrlab.client.session import Session
from acrlab.client.tasks import Run, Tasks

P = ParamSpec("P")
T = TypeVar("T")
_PREVIEW = "2025-06-01-preview"
_ATTRIBUTES = ("delete", "write", "read", "list")


def _told(method: Callable[Concatenate["Registry", P], T]) -> Callable[Concatenate["Registry", P], T]:
    """The SDK's exceptions pass unchanged, with the emulator's reasons as a note."""

    @wraps(method)
    def call(self: "Registry", *args: P.args, **kwargs: P.kwargs) -> T:
        with explained(self._source):
            return method(self, *args, **kwargs)

    return call


class Registry:
    """One registry. `properties` and `content` are the official SDK's own objects.

    Raises: azure.core.exceptions, from every method.
    """

    def __init__(
        self,
        arm: ContainerRegistryManagementClient,
        credential: TokenCredential,
        resource: Resource,
        *,
        source: Source | None = None,
    ) -> None:
        self._arm, self._credential, self._resource, self._source = arm, credential, resource, source
        self.name = str(resource.name)
        self.group = str(resource.id).split("/")[4]

    # The registry itself

    @property
    def login_server(self) -> str:
        """The host that clients push to and pull from."""
        return str(self._resource.properties.login_server)

    @property
    def tier(self) -> str:
        """Basic, Standard or Premium, as last seen."""
        return word(self._resource.sku.name)

    @property
    @_told
    def properties(self) -> Resource:
        """The resource as it is now."""
        self._resource = self._arm.registries.get(self.group, self.name)
        return self._resource

    @_told
    def usage(self) -> Listing[RegistryUsage]:
        """What it uses of what its tier allows."""
        found = self._arm.registries.list_usages(self.group, self.name).value or []
        columns = {
            "usage": lambda each: word(each.name),
            "current": lambda each: _amount(each.current_value, each.unit),
            "limit": lambda each: _amount(each.limit, each.unit),
        }
        return Listing(found, columns, title=f"{self.name}, {self.tier}")

    @property
    @_told
    def credentials(self) -> Credentials:
        """The admin user's name and first password."""
        found = self._arm.registries.list_credentials(self.group, self.name)
        return Credentials(str(found.username), str((found.passwords or [])[0].value))

    @_told
    def upgrade(self, tier: str) -> "Registry":
        """Move to another tier, up or down; repositories stay where they are."""
        change = RegistryUpdateParameters(sku=Sku(name=tier))
        self._resource = self._arm.registries.begin_update(self.group, self.name, change).result()
        return self

    # Its content

    @cached_property
    def content(self) -> ContainerRegistryClient:
        """The official client of the data plane."""
        return ContainerRegistryClient(f"https://{self.login_server}", self._credential)

    @_told
    def push(self, reference: str, image: Image) -> Pushed:
        """Upload blobs first, then the manifests that point to them; an index comes after its images."""
        wanted = Reference.parse(reference)
        sent: dict[str, int] = {}
        digest = self._put(wanted.repository, image, wanted.tag or None, sent)
        return Pushed(f"{self.login_server}/{reference}", digest, image.media_type, len(sent), sum(sent.values()))

    def _put(self, repository: str, image: Image, tag: str | None, sent: dict[str, int]) -> str:
        for each in image.images:
            self._put(repository, each, None, sent)
        for blob in image.blobs:
            if blob.digest not in sent:
                self.content.upload_blob(repository, io.BytesIO(blob.data or b""))
                sent[blob.digest] = blob.size
        return self.content.set_manifest(repository, io.BytesIO(image.raw), tag=tag, media_type=image.media_type)

    @_told
    def pull(self, reference: str) -> Image:
        """Fetch a manifest and everything it points to, and check every digest."""
        wanted = Reference.parse(reference)
        return self._get(wanted.repository, wanted.target)

    def _get(self, repository: str, target: str) -> Image:
        def blob(digest: str) -> bytes:
            with self.content.download_blob(repository, digest) as stream:
                return b"".join(stream)

        found = self._manifest(repository, target)
        return Image.read(found.raw, found.media_type, blob, lambda digest: self._get(repository, digest))

    @_told
    def manifest(self, reference: str) -> Document:
        """A manifest by tag or digest, as the registry serves it."""
        wanted = Reference.parse(reference)
        return self._manifest(wanted.repository, wanted.target)

    def _manifest(self, repository: str, target: str) -> Document:
        bodies: list[bytes] = []
        found = self.content.get_manifest(
            repository, target, raw_response_hook=lambda response: bodies.append(response.http_response.body())
        )
        return Document(bodies[-1], found.digest, found.media_type)

    # What is there

    @_told
    def repositories(self) -> Listing[RepositoryProperties]:
        """Its repositories, by name."""
        found = [self.content.get_repository_properties(name) for name in self.content.list_repository_names()]
        columns = {
            "repository": lambda each: str(each.name),
            "manifests": lambda each: str(each.manifest_count),
            "tags": lambda each: str(each.tag_count),
            "locked": locks,
        }
        return Listing(found, columns, title=self.login_server, empty="no repositories")

    @_told
    def tags(self, repository: str) -> Listing[ArtifactTagProperties]:
        """The tags of a repository, by name."""
        columns = {
            "tag": lambda each: str(each.name),
            "digest": lambda each: short(each.digest),
            "locked": locks,
        }
        found = self.content.list_tag_properties(repository)
        return Listing(found, columns, title=f"{self.login_server}/{repository}", empty="no tags")

    @_told
    def manifests(self, repository: str) -> Listing[ArtifactManifestProperties]:
        """The manifests of a repository, by digest."""
        columns = {
            "digest": lambda each: short(each.digest),
            "tags": lambda each: ", ".join(each.tags or ()),
            "platform": lambda each: "/".join(filter(None, (word(each.operating_system), word(each.architecture)))),
            "size": lambda each: size(each.size_in_bytes or 0),
            "locked": locks,
        }
        found = self.content.list_manifest_properties(repository)
        return Listing(found, columns, title=f"{self.login_server}/{repository}", empty="no manifests")

    # What can be done with it

    @_told
    def tag(self, reference: str, tag: str) -> str:
        """Give a manifest one more tag; a tag that exists moves. Returns the digest."""
        wanted = Reference.parse(reference)
        found = self._manifest(wanted.repository, wanted.target)
        return self.content.set_manifest(wanted.repository, io.BytesIO(found.raw), tag=tag, media_type=found.media_type)

    retag = tag

    @_told
    def untag(self, reference: str) -> None:
        """Remove a tag; its manifest stays."""
        wanted = Reference.parse(reference)
        self.content.delete_tag(wanted.repository, wanted.target)

    def lock(self, reference: str, *attributes: str) -> None:
        """Forbid `delete`, `write`, `read` or `list` of a repository, a tag or a digest; by default the first two."""
        self._allow(reference, attributes or ("delete", "write"), False)

    def unlock(self, reference: str, *attributes: str) -> None:
        """Allow again; everything by default."""
        self._allow(reference, attributes or _ATTRIBUTES, True)

    @_told
    def _allow(self, reference: str, attributes: tuple[str, ...], allowed: bool) -> None:
        unknown = sorted(set(attributes) - set(_ATTRIBUTES))
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: a lock is about {', '.join(_ATTRIBUTES)}")
        wanted = Reference.parse(reference)
        changes = {f"can_{name}": allowed for name in attributes}
        if wanted.digest:
            self.content.update_manifest_properties(wanted.repository, wanted.digest, **changes)
        elif wanted.tag:
            self.content.update_tag_properties(wanted.repository, wanted.tag, **changes)
        else:
            self.content.update_repository_properties(wanted.repository, **changes)

    @_told
    def delete(self, reference: str) -> None:
        """Delete a repository with all it holds, or the manifest behind a tag or digest with all its tags."""
        wanted = Reference.parse(reference)
        if wanted.tag or wanted.digest:
            self.content.delete_manifest(wanted.repository, wanted.target)
        else:
            self.content.delete_repository(wanted.repository)

    @cached_property
    def tasks(self) -> Tasks:
        """Builds in the cloud, and tasks."""
        client = ContainerRegistryTasksMgmtClient(self._credential, str(self._resource.id).split("/")[2])
        return Tasks(client, self.group, self.name, str(self._resource.location))

    @_told
    def build(self, context: Context, *images: str, **wishes: Any) -> Run:
        """Build an image in the cloud and push it here, from files by name, a folder or a URL: `az acr build`."""
        return self.tasks.build(context, *images, **wishes)

    @_told
    def run(self, task: str, context: Context = None, **wishes: Any) -> Run:
        """Run the steps of a task file, given as its text: `az acr run`."""
        return self.tasks.run(task, context, **wishes)

    # What was deleted softly

    @cached_property
    def _session(self) -> Session:
        return Session(self._credential, self.login_server)

    @property
    @_told
    def soft_deletes(self) -> bool:
        """Whether soft delete is on: only a preview of the API tells, as only a preview switches it."""
        subscription = str(self._resource.id).split("/")[2]
        with ContainerRegistryManagementClient(self._credential, subscription, api_version=_PREVIEW) as client:
            policies = client.registries.get(self.group, self.name).as_dict()["properties"].get("policies") or {}
        return str((policies.get("softDeletePolicy") or {}).get("status", "")).lower() == "enabled"

    @_told
    def deleted(self, repository: str) -> Listing[dict[str, Any]]:
        """The manifests of a repository that can be restored, by digest. Needs the soft delete policy."""
        scope = f"repository:{repository}:deleted_read"
        found = self._session.ask("GET", f"/acr/v1/_deleted/{repository}/_manifests", scope)["manifests"] or []
        tags = self._session.ask("GET", f"/acr/v1/_deleted/{repository}/_tags", scope)["tags"] or []
        named = {each["digest"]: [row["tag"] for row in tags if row["digest"] == each["digest"]] for each in found}
        columns = {
            "digest": lambda each: short(each["digest"]),
            "tags it had": lambda each: ", ".join(named[each["digest"]]) or "none",
            "deleted": lambda each: str(each["deletedAt"])[:10],
        }
        title = f"deleted manifests of {repository}"
        return Listing(found, columns, title=title, empty="nothing can be restored")

    @_told
    def restore(self, reference: str, tag: str = "") -> None:
        """Bring a softly deleted manifest back, `repository@digest`, under one of its tags or none."""
        wanted = Reference.parse(reference)
        scope = f"repository:{wanted.repository}:deleted_read,deleted_restore"
        path = f"/acr/v1/_deleted/{wanted.repository}/_manifests/{wanted.digest}"
        self._session.ask("POST", path, scope, {"tag": tag} if tag else {})

    def close(self) -> None:
        """Close the connections to it."""
        for name in ("content", "tasks", "_session"):
            if name in self.__dict__:
                self.__dict__[name].close()

    # How it looks

    def table(self) -> Table:
        """As facts."""
        found = self._resource
        return facts(
            f"registry {self.name}",
            {
                "login server": self.login_server,
                "tier": self.tier,
                "location": str(found.location),
                "resource group": self.group,
                "admin user": "enabled" if found.properties.admin_user_enabled else "disabled",
                "state": word(found.properties.provisioning_state),
            },
        )

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.table().bundle()


def _amount(value: int | None, unit: Any) -> str:
    if value is None or value < 0:
        return "no limit"
    return size(value) if word(unit) == "Bytes" else str(value)
