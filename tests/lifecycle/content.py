"""Content of a registry over its own data plane: pushed, pulled, listed, deleted with plain requests."""

import base64
import hashlib
import json
from typing import Any

from acrlab.domain.content import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from acrlab.wire.http import Request, Response
from tests.arm.cloud import Cloud


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Reply:
    """What the registry answered."""

    def __init__(self, answer: Response) -> None:
        self.status, self.headers = answer.status, dict(answer.headers)
        self.raw = answer.body if isinstance(answer.body, bytes) else b""

    @property
    def json(self) -> Any:
        return json.loads(self.raw) if self.raw else None

    @property
    def code(self) -> str:
        return str(self.json["errors"][0]["code"])

    @property
    def message(self) -> str:
        return str(self.json["errors"][0]["message"])

    def __repr__(self) -> str:
        return f"{self.status} {self.raw[:400]!r}"


class Shelf:
    """The content of one registry, asked as its admin user unless said otherwise."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.cloud, self.name, self.host = cloud, name, f"{name}.azurecr.io"
        registry = cloud.world.state.registries[name]
        self.basic = "Basic " + base64.b64encode(f"{name}:{registry.passwords[0]}".encode()).decode()

    @property
    def id(self) -> str:
        return f"{self.cloud.r}/{self.name}"

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "", auth: str | None = None) -> Reply:
        route, _, query = path.partition("?")
        wanted = self.basic if auth is None else auth
        headers = ({"authorization": wanted} if wanted else {}) | ({"content-type": kind} if kind else {})
        answer = self.cloud.app.begin(Request(method, self.host, route, query, headers, authority=self.host))
        if not isinstance(answer, Response):
            answer.write(body)
            answer.seal()
            answer = answer.finish()
        return Reply(answer)

    def blob(self, repository: str, data: bytes) -> str:
        digest = digest_of(data)
        made = self.ask("POST", f"/v2/{repository}/blobs/uploads/?digest={digest}", data)
        assert made.status == 201, made
        return digest

    def push(self, repository: str, *tags: str, text: str = "x", docker: bool = False) -> str:
        """Push an image of one layer, under its digest with tags; gives the digest."""
        config, layer = b'{"architecture":"amd64","os":"linux"}', text.encode()
        oci = "application/vnd.oci.image"
        own = "application/vnd.docker.container.image" if docker else f"{oci}.config"
        kind = DOCKER_MANIFEST if docker else OCI_MANIFEST
        rows = {
            "config": {"mediaType": f"{own}.v1+json", "digest": self.blob(repository, config), "size": len(config)},
            "layers": [{"mediaType": f"{oci}.layer", "digest": self.blob(repository, layer), "size": len(layer)}],
        }
        body = json.dumps({"schemaVersion": 2, "mediaType": kind, **rows}).encode()
        return self.put(repository, body, kind, *tags)

    def index(self, repository: str, *children: str, tags: tuple[str, ...] = ()) -> str:
        rows = [{"mediaType": OCI_MANIFEST, "digest": each, "size": 1} for each in children]
        body = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": rows}).encode()
        return self.put(repository, body, OCI_INDEX, *tags)

    def put(self, repository: str, body: bytes, kind: str, *tags: str) -> str:
        digest = digest_of(body)
        for reference in tags or (digest,):
            made = self.ask("PUT", f"/v2/{repository}/manifests/{reference}", body, kind)
            assert made.status == 201, made
        return digest

    def pull(self, repository: str, reference: str, auth: str | None = None) -> Reply:
        return self.ask("GET", f"/v2/{repository}/manifests/{reference}", auth=auth)

    def pull_json(self, repository: str, reference: str, auth: str | None = None) -> Any:
        found = self.pull(repository, reference, auth)
        assert found.status == 200, found
        return found.json

    def delete(self, repository: str, digest: str) -> Reply:
        return self.ask("DELETE", f"/v2/{repository}/manifests/{digest}")

    def tags(self, repository: str) -> list[str]:
        found = self.ask("GET", f"/v2/{repository}/tags/list")
        return list(found.json["tags"]) if found.status == 200 else []

    def digests(self, repository: str) -> list[str]:
        found = self.ask("GET", f"/acr/v1/{repository}/_manifests")
        return [each["digest"] for each in found.json["manifests"] or ()] if found.status == 200 else []
