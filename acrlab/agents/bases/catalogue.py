"""Which names of public registries are stood in for, by what, and for which there is nothing."""

from collections.abc import Mapping

from acrlab.agents.bases import recipes
from acrlab.agents.bases.recipes import Recipe
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
    f"{HUB}/library/python": recipes.python,
    f"{HUB}/library/node": recipes.node,
    f"{HUB}/library/nginx": recipes.web,
    f"{_MCR}/oss/nginx/nginx": recipes.web,
    f"{HUB}/curlimages/curl": recipes.curl,
}
# What is asked for often and cannot be had: a stand-in without it would only fail later, and less plainly.
REFUSED: Mapping[str, str] = {
    f"{HUB}/library/debian": "it is apt and a package mirror that people use it for",
    f"{HUB}/library/ubuntu": "it is apt and a package mirror that people use it for",
    f"{_MCR}/dotnet/sdk": "there is no .NET to take from this machine",
    f"{_MCR}/dotnet/aspnet": "there is no .NET to take from this machine",
    f"{_MCR}/windows/nanoserver": "Windows cannot be taken from another system",
    f"{_MCR}/windows/servercore": "Windows cannot be taken from another system",
}


def why_not(name: str) -> str:
    """Why nothing stands in for a host and repository; nothing where there is nothing to say."""
    return recipes.missing(RECIPES[name]) if name in RECIPES else REFUSED.get(name, "")
