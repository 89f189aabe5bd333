"""Rows of what stands around a registry: identities, key vaults."""

from acrlab.engine.identities import assigned
from acrlab.engine.types import Action, ResourceType
from acrlab.engine.vaults import vault

ROWS: tuple[ResourceType, ...] = (
    ResourceType(
        path=assigned.TYPE, desired=assigned.desired, check_name=assigned.check_name, located=True,
        scopes=("subscription", "group"), opening=assigned.opening, closing=assigned.closing,
        versions=("2018-11-30", "2023-01-31", "2024-11-30"),
    ),
    ResourceType(
        path=vault.TYPE, desired=vault.desired, check_name=vault.check_name, located=True,
        scopes=("subscription", "group"), closing=vault.closing, versions=("2022-07-01", "2023-02-01", "2023-07-01"),
        scope_actions=(Action(name="checkNameAvailability", perform=vault.check_availability),), truth="simulated",
    ),
)  # fmt: skip
