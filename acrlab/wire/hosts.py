"""Which plane answers for which host. Every Azure host has one: those not emulated are refused by name."""

from acrlab.domain.hosting import DEVOPS, GITHUB

FOREIGN = "foreign"

_EXACT = {
    "management.azure.com": "arm",
    "login.microsoftonline.com": "entra",
    "login.windows.net": "entra",
    "login.microsoft.com": "entra",
    "sts.windows.net": "entra",
    "graph.microsoft.com": "graph",
    "graph.windows.net": FOREIGN,
    "169.254.169.254": "imds",
    "localhost": "local",
    "127.0.0.1": "local",
    GITHUB: "github",
    "www.github.com": "github",
    "api.github.com": "github_api",
    DEVOPS: "devops",
    "agents.acrlab.internal": "agents",
    "::1": "local",
    "[::1]": "local",
}
_SUFFIXES = (
    (".azurecr.io", "registry"),
    (".vault.azure.net", "vault"),
    (".blob.core.windows.net", "blob"),
    *(
        (suffix, FOREIGN)
        for suffix in (
            ".azure.com", ".azure.net", ".azure.us", ".azure.cn", ".windows.net", ".windowsazure.com",
            ".microsoftonline.com", ".microsoftonline.us", ".microsoftonline.cn", ".chinacloudapi.cn",
            ".usgovcloudapi.net", ".azurewebsites.net", ".azurecontainer.io", ".azurecontainerapps.io",
            ".azmk8s.io", ".azurecr.us", ".azurecr.cn", ".azure-api.net", ".azureedge.net", ".azureml.ms",
            ".trafficmanager.net", ".azure-automation.net", ".msftidentity.com", ".msidentity.com",
            ".applicationinsights.io", ".services.visualstudio.com", ".graph.microsoft.com", ".mcr.microsoft.com",
        )
    ),
)  # fmt: skip
# Named alone: Azure itself, and what Azure clients call by themselves.
_OWN = {"azure.com", "azurecr.io", "aka.ms", "mcr.microsoft.com", "login.live.com", "graph.microsoft.us"}


def plane(host: str) -> str | None:
    """The plane of a host; FOREIGN for an Azure host that is not emulated; None for anybody else's."""
    found = _EXACT.get(host)
    if found is not None:
        return found
    for suffix, name in _SUFFIXES:
        if host.endswith(suffix):
            return name
    return FOREIGN if host in _OWN else None


def lent(host: str) -> str:
    """The host that a lab has to have asked for before this one is answered here; empty where that is no question.

    dev.azure.com is Azure's, so it is never passed on (D1).
    """
    return GITHUB if _EXACT.get(host, "").startswith(GITHUB.partition(".")[0]) else ""
