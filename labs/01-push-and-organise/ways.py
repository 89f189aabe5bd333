"""Lab 01 solved with `az`, and over plain HTTP."""

from acrlab.client.image import Image
from acrlab.course.ways import Az, Way

REGISTRY = "contosolab01"
WEB = Image.hello(text="web 1.0.0\n")
API = Image.index([Image.hello(each) for each in ("linux/amd64", "linux/arm64")])


def az(az: Az) -> None:
    """`az` for everything it does; for the pushes a client that signs in with the token `az acr login` hands out."""
    az("acr", "create", "--name", REGISTRY, "--resource-group", az.group, "--sku", "Basic")
    client = az.docker(REGISTRY)
    client.push("shop/web:1.0.0", WEB)
    client.push("shop/api:2.1.0", API)
    for tag in ("1.0", "1"):
        client.tag("shop/web", "1.0.0", tag)
    client.push("prod/shop/web:1.0.0", WEB)
    row = az("acr", "manifest", "list-metadata", "--registry", REGISTRY, "--name", "prod/shop/web")[0]
    az("acr", "update", "--name", REGISTRY, "--resource-group", az.group, "--set", f"tags.pinned={row['digest']}")


def http(way: Way) -> None:
    """Requests and nothing else."""
    way.registry(REGISTRY, tier="Basic")
    door = way.door(REGISTRY)
    door.push("shop/web:1.0.0", WEB)
    door.push("shop/api:2.1.0", API)
    for tag in ("1.0", "1"):
        door.tag("shop/web", "1.0.0", tag)
    found = door.manifest("shop/web", "1.0.0")
    for blob in WEB.blobs:  # the blobs are in the registry: mount them. Source: distribution-spec, end-11
        query = f"mount={blob.digest}&from=shop/web"
        door.mount(f"/v2/prod/shop/web/blobs/uploads/?{query}", "prod/shop/web", "shop/web")
    digest = door.put_manifest("prod/shop/web", "1.0.0", found.content, found.headers["content-type"])
    way.change(REGISTRY, {"tags": {"pinned": digest}})
