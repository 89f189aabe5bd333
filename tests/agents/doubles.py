"""What engines are tried against: registries in memory."""

import json
import os
import sys

from acrlab.agents.images import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, sha256
from acrlab.agents.protocol import EngineFailed
from acrlab.agents.references import Reference

ROOT = sys.platform == "linux" and os.geteuid() == 0


class Kept:
    """Registries in memory, by the protocol agents use."""

    def __init__(self, upstreams=lambda host: None):
        self.manifests: dict[str, tuple[str, bytes]] = {}
        self.blobs: dict[str, bytes] = {}
        self._upstreams = upstreams  # what it asks for what it does not have

    def manifest(self, reference, platform=""):
        if reference in self.manifests:
            return self.manifests[reference]
        name = Reference.read(reference)
        upstream = self._upstreams(name.host)
        try:
            if upstream:
                upstream.prepare(name.repository)
            foreign = upstream.foreign(name.repository, platform) if upstream and platform else None
        except OSError as failure:
            raise EngineFailed(str(failure)) from failure
        found = foreign or (upstream.manifest(name.repository, name.end) if upstream else None)
        if not found:
            raise EngineFailed(f"manifest for {reference} not found: manifest unknown")
        return found[::-1]

    def fetch(self, reference, digest, target):
        name = Reference.read(reference)
        if digest in self.blobs:
            target.write_bytes(self.blobs[digest])
        else:
            target.write_bytes(b"".join(self._upstreams(name.host).blob(name.repository, digest)))

    def upload(self, reference, digest, source):
        new = digest not in self.blobs
        self.blobs[digest] = source.read_bytes()
        return new

    def publish(self, reference, media_type, raw):
        self.manifests[reference] = (media_type, raw)

    def add(self, reference, content, config=None):
        """Put an image of one layer into the registry; the digest of its manifest."""
        config = json.dumps(config or {"os": "linux", "made": content.decode()}).encode()
        self.blobs |= {sha256(config): config, sha256(content): content}
        document = {
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": {"mediaType": DOCKER_CONFIG, "digest": sha256(config), "size": len(config)},
            "layers": [{"mediaType": DOCKER_LAYER, "digest": sha256(content), "size": len(content)}],
        }
        raw = json.dumps(document).encode()
        repository = reference.rpartition(":")[0]
        self.manifests |= dict.fromkeys((reference, f"{repository}@{sha256(raw)}"), (DOCKER_MANIFEST, raw))
        return sha256(raw)
