"""The data plane as a program meets it: python data_walk.py CREDENTIAL ENDPOINT REPOSITORY."""

import hashlib
import io
import json
import sys

import azure.identity
from azure.containerregistry import ArtifactTagOrder, ContainerRegistryClient
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from credentials import make

kind, endpoint, repository = sys.argv[1:]
seen = {}

with make(azure.identity, kind) as credential, ContainerRegistryClient(endpoint, credential) as client:
    data = b"layer" * 1_000_000  # more than one of the client's 4 MiB chunks
    layer, size = client.upload_blob(repository, io.BytesIO(data))
    config, config_size = client.upload_blob(repository, io.BytesIO(b"{}"))
    seen["layer"] = [layer == "sha256:" + hashlib.sha256(data).hexdigest(), size == len(data)]
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": config,
            "size": config_size,
        },
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": size}],
    }
    digest = client.set_manifest(repository, manifest, tag="v1")
    seen["again"] = client.set_manifest(repository, manifest, tag="v2") == digest
    seen["manifest"] = client.get_manifest(repository, "v1").manifest == manifest
    seen["bytes"] = b"".join(client.download_blob(repository, layer)) == data
    seen["repositories"] = list(client.list_repository_names())
    newest = ArtifactTagOrder.LAST_UPDATED_ON_DESCENDING
    seen["tags"] = [tag.name for tag in client.list_tag_properties(repository, order_by=newest)]
    shown = client.get_manifest_properties(repository, "v1")
    seen["properties"] = [shown.digest == digest, sorted(shown.tags), shown.can_delete]

    client.update_tag_properties(repository, "v1", can_delete=False, can_write=False)
    try:
        client.delete_tag(repository, "v1")
    except HttpResponseError as error:
        seen["locked"] = error.status_code
    client.update_tag_properties(repository, "v1", can_delete=True, can_write=True)
    client.delete_tag(repository, "v1")
    seen["left"] = [tag.name for tag in client.list_tag_properties(repository)]
    client.delete_manifest(repository, digest)
    try:
        client.get_manifest(repository, digest)
    except ResourceNotFoundError as error:
        seen["gone"] = error.status_code
    client.delete_repository(repository)
    seen["empty"] = repository not in client.list_repository_names()

print(json.dumps(seen))
