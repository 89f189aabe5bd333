"""Solved with `az`, and over plain HTTP."""

from acrlab.client.image import Image
from acrlab.course.ways import Az, Way

REGISTRY, WEB = "contosobroken3", "shop/web"
NEW = Image.hello(text="web 1.1\n")


def az(az: Az) -> None:
    az("acr", "repository", "update", "--name", REGISTRY, "--repository", WEB, "--write-enabled", "true")
    az.docker(REGISTRY).push(f"{WEB}:1.1", NEW)


def http(way: Way) -> None:
    way.door(REGISTRY).lock(WEB, write=True)
    way.door(REGISTRY).push(f"{WEB}:1.1", NEW)
