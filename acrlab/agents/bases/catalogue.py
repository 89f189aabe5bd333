"""Which names of public registries are stood in for, by what, and for which there is nothing."""

from collections.abc import Mapping

from acrlab.agents.bases import foreign, recipes
from acrlab.agents.bases.made import Recipe, architecture
from acrlab.agents.bases.packages import ARCHITECTURES
from acrlab.agents.references import HUB

_MCR = "mcr.microsoft.com"
RECIPES: Mapping[str, Recipe] = {
    f"{_MCR}/hello-world": recipes.hello,
    f"{_MCR}/azure-cli": recipes.azure,
    f"{_MCR}/acr/azure-cli": recipes.azure,
    f"{_MCR}/acr/bash": recipes.bash,
    f"{_MCR}/acr/curl": recipes.curl,
    f"{HUB}/library/hello-world": recipes.hello,
    f"{HUB}/library/busybox": recipes.shell,
    f"{HUB}/library/alpine": recipes.shell,
    f"{HUB}/library/bash": recipes.bash,
    f"{HUB}/library/debian": recipes.debian,
    f"{HUB}/library/python": recipes.python,
    f"{HUB}/library/node": recipes.node,
    f"{HUB}/library/nginx": recipes.web,
    f"{_MCR}/oss/nginx/nginx": recipes.web,
    f"{HUB}/curlimages/curl": recipes.curl,
}
# What is asked for often and cannot be had: a stand-in without it would only fail later, and less plainly.
REFUSED: Mapping[str, str] = {
    f"{HUB}/library/ubuntu": "it is apt and a package mirror that people use it for",
    f"{_MCR}/dotnet/sdk": "there is no .NET to take from this machine",
    f"{_MCR}/dotnet/aspnet": "there is no .NET to take from this machine",
    f"{_MCR}/windows/nanoserver": "Windows cannot be taken from another system",
    f"{_MCR}/windows/servercore": "Windows cannot be taken from another system",
}


def why_not(name: str) -> str:
    """Why nothing stands in for a host and repository; nothing where there is nothing to say."""
    return recipes.missing(RECIPES[name]) if name in RECIPES else REFUSED.get(name, "")


def made_for() -> str:
    """The machines that stand-ins are made for here, in words."""
    own = architecture()
    others = [each for each in ARCHITECTURES if each != own and not foreign.missing(recipes.shell, each)]
    platforms = ", ".join(f"linux/{each}" for each in others)
    return f"for linux/{own}" + (f"; for {platforms} of packages that apt-get fetches" if others else "")


def lacking() -> list[str]:
    """The names that nothing stands in for here though it might, and why; other machines than this one, too."""
    whys: dict[str, list[str]] = {}
    for name, recipe in RECIPES.items():
        if why := recipes.missing(recipe):
            whys.setdefault(why, []).append(name.rpartition("/")[2])
    other = next(each for each in ARCHITECTURES if each != architecture())
    if why := foreign.missing(recipes.shell, other):
        whys.setdefault(why, []).append("other machines")
    return [f"none for {', '.join(dict.fromkeys(names))}: {why}" for why, names in whys.items()]
