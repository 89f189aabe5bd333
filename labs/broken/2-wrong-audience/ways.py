"""Solved with `az`, and over plain HTTP."""

from acrlab.course.ways import Az, Way

REGISTRY, WEB = "contosobroken2", "shop/web"


def az(az: Az) -> None:
    az("acr", "manifest", "show", "--registry", REGISTRY, "--name", f"{WEB}:1.0")


def http(way: Way) -> None:
    way.door(REGISTRY).manifest(WEB, "1.0", actions="pull")
