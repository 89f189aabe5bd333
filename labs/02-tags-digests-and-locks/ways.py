"""Lab 02 solved with `az`, and over plain HTTP."""

import contextlib

from acrlab.client.image import Image
from acrlab.course.rest import Refused
from acrlab.course.ways import Az, Way

REGISTRY, WEB = "contosolab02", "shop/web"
MINE, TUESDAY = Image.hello(text="mine\n"), Image.hello(text="web dev of Tuesday\n")


def az(az: Az) -> None:
    """`az`, and a client that pushes with its token."""
    rows = az("acr", "manifest", "list-metadata", "--registry", REGISTRY, "--name", WEB)
    digests = {tag: row["digest"] for row in rows for tag in row.get("tags") or ()}
    az(
        "acr",
        "update",
        "--name",
        REGISTRY,
        "--resource-group",
        az.group,
        "--set",
        f"tags.was-stable={digests['stable']}",
    )
    client = az.docker(REGISTRY)
    client.tag(WEB, "1.1", "stable")
    off = ("--write-enabled", "false", "--delete-enabled", "false")
    az("acr", "repository", "update", "--name", REGISTRY, "--image", f"{WEB}:1.1", *off)
    with contextlib.suppress(Refused):
        client.push(f"{WEB}:1.1", MINE)
    client.push(f"{WEB}:dev", TUESDAY)
    rows = az("acr", "manifest", "list-metadata", "--registry", REGISTRY, "--name", WEB)
    lost = next(row["digest"] for row in rows if not row.get("tags") and row["digest"] == digests["dev"])
    client.tag(WEB, lost, "rescued")


def http(way: Way) -> None:
    """Requests and nothing else."""
    door = way.door(REGISTRY)
    stable = door.manifest(WEB, "stable").headers["docker-content-digest"]
    monday = door.manifest(WEB, "dev").headers["docker-content-digest"]
    way.change(REGISTRY, {"tags": {"was-stable": stable}})
    door.tag(WEB, "1.1", "stable")
    door.lock(WEB, "1.1", write=False, delete=False)
    with contextlib.suppress(Refused):
        door.push(f"{WEB}:1.1", MINE)
    door.push(f"{WEB}:dev", TUESDAY)
    door.tag(WEB, monday, "rescued")
