"""Rows of what stands around a registry: identities, key vaults, storage accounts."""

from acrlab.engine.accounts import account, containers
from acrlab.engine.identities import assigned
from acrlab.engine.types import Action, ResourceType
from acrlab.engine.vaults import policies, vault

_STORAGE = ("2023-05-01", "2024-01-01", "2025-06-01")
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
    ResourceType(
        path=policies.TYPE, desired=policies.desired, check_name=policies.check_name, methods=("PUT",),
        opening=policies.changing, changing=policies.changing, versions=("2019-09-01", "2022-07-01", "2023-07-01"),
    ),
    ResourceType(
        path=account.TYPE, desired=account.desired, check_name=account.check_name, located=True, born=200,
        scopes=("subscription", "group"), versions=_STORAGE, truth="simulated",
        actions=(
            Action(name="listKeys", perform=account.list_keys),
            Action(name="regenerateKey", perform=account.regenerate_key),
        ),
        scope_actions=(Action(name="checkNameAvailability", perform=account.check_availability),),
    ),
    ResourceType(
        path=containers.TYPE, desired=containers.desired, check_name=containers.check_name, closing=containers.closing,
        versions=_STORAGE,
    ),
)  # fmt: skip
