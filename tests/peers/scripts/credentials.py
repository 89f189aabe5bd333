"""The credentials that a script is asked for by name; each reads nothing but the environment."""

import os
from types import ModuleType


def make(identity: ModuleType, kind: str):
    """`identity` is azure.identity or azure.identity.aio."""
    if kind == "default":
        return identity.DefaultAzureCredential()
    if kind == "managed":
        return identity.ManagedIdentityCredential()
    if kind == "workload":
        return identity.WorkloadIdentityCredential()
    return identity.ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
    )
