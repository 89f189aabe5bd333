"""Lab 03 solved with `az`, and over plain HTTP."""

from acrlab.course.ways import Az, Way

REGISTRY, BUILD = "contosolab03", "ci/build"
OLD = ("nightly-01", "nightly-02", "nightly-03")


def az(az: Az) -> None:
    """`az` alone; the snapshot and the way back are acrlab's own commands."""
    with az.rehearse():
        az("acr", "repository", "delete", "--name", REGISTRY, "--image", f"{BUILD}:nightly-02", "--yes")
    for tag in OLD:
        az("acr", "repository", "untag", "--name", REGISTRY, "--image", f"{BUILD}:{tag}")
    index = az("acr", "manifest", "show", "--registry", REGISTRY, "--name", f"{BUILD}:multi")
    kept = {each["digest"] for each in index["manifests"]}
    for row in az("acr", "manifest", "list-metadata", "--registry", REGISTRY, "--name", BUILD):
        if not row.get("tags") and row["digest"] not in kept:
            az("acr", "manifest", "delete", "--registry", REGISTRY, "--name", f"{BUILD}@{row['digest']}", "--yes")


def http(way: Way) -> None:
    """Requests and nothing else."""
    door = way.door(REGISTRY)
    with way.rehearse():
        door.delete_manifest(BUILD, door.manifest(BUILD, "nightly-02").headers["docker-content-digest"])
    for tag in OLD:
        door.delete_tag(BUILD, tag)
    kept = {each["digest"] for each in door.manifest(BUILD, "multi").json()["manifests"]}
    for each in door.send("GET", f"/acr/v1/{BUILD}/_manifests", BUILD).json()["manifests"]:
        if not each.get("tags") and each["digest"] not in kept:
            door.delete_manifest(BUILD, each["digest"])
