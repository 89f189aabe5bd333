"""The data plane with the asynchronous client: python data_walk_async.py CREDENTIAL ENDPOINT REPOSITORY."""

import asyncio
import io
import json
import sys

import azure.identity.aio
from azure.containerregistry.aio import ContainerRegistryClient
from credentials import make


async def walk(kind: str, endpoint: str, repository: str) -> dict[str, object]:
    seen: dict[str, object] = {}
    async with (
        make(azure.identity.aio, kind) as credential,
        ContainerRegistryClient(endpoint, credential) as client,
    ):
        data = b"asynchronous"
        layer, size = await client.upload_blob(repository, io.BytesIO(data))
        descriptor = {"mediaType": "application/octet-stream", "digest": layer, "size": size}
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor,
            "layers": [descriptor],
        }
        digest = await client.set_manifest(repository, manifest, tag="v1")
        stream = await client.download_blob(repository, layer)
        seen["bytes"] = b"".join([chunk async for chunk in stream]) == data
        seen["tags"] = [tag.name async for tag in client.list_tag_properties(repository)]
        seen["listed"] = repository in [name async for name in client.list_repository_names()]
        seen["digest"] = (await client.get_tag_properties(repository, "v1")).digest == digest
        await client.delete_repository(repository)
        seen["left"] = repository in [name async for name in client.list_repository_names()]
    return seen


print(json.dumps(asyncio.run(walk(*sys.argv[1:]))))
