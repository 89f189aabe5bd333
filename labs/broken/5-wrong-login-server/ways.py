"""Solved with `az`, and over plain HTTP."""

from acrlab.course.ways import Az, Way

REGISTRY, WEB = "contosobroken5", "shop/web"


def az(az: Az) -> None:
    host = az("acr", "show", "--name", REGISTRY, "--resource-group", az.group)["loginServer"]
    az("acr", "manifest", "show", "--registry", REGISTRY, "--name", f"{WEB}:1.0")
    az("acr", "update", "--name", REGISTRY, "--resource-group", az.group, "--tags", f"image={host}/{WEB}:1.0")


def http(way: Way) -> None:
    way.door(REGISTRY).manifest(WEB, "1.0")
    way.change(REGISTRY, {"tags": {"image": f"{REGISTRY}.azurecr.io/{WEB}:1.0"}})
