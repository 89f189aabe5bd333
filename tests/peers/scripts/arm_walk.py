"""ARM as a program meets it: python arm_walk.py CREDENTIAL GROUP NAME. Prints what it saw as JSON."""

import json
import os
import sys

import azure.identity
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from credentials import make

kind, group, name = sys.argv[1:]
seen = {}

with (
    make(azure.identity, kind) as credential,
    ContainerRegistryManagementClient(credential, os.environ["AZURE_SUBSCRIPTION_ID"]) as arm,
):
    wanted = {"name": name, "type": "Microsoft.ContainerRegistry/registries"}
    seen["free"] = arm.registries.check_name_availability(wanted).name_available
    body = {"location": "eastus", "sku": {"name": "Basic"}, "tags": {"by": "script"}}
    made = arm.registries.begin_create(group, name, body).result()
    seen["made"] = [made.name, made.sku.name, made.sku.tier, made.login_server, made.provisioning_state]
    seen["taken"] = arm.registries.check_name_availability(wanted).reason
    change = {"sku": {"name": "Standard"}, "properties": {"adminUserEnabled": True}, "tags": {"by": "patch"}}
    changed = arm.registries.begin_update(group, name, change).result()
    seen["changed"] = [changed.sku.name, changed.admin_user_enabled, changed.tags]
    got = arm.registries.get(group, name)
    seen["same"] = got.id == made.id
    seen["in group"] = name in [r.name for r in arm.registries.list_by_resource_group(group)]
    seen["in subscription"] = name in [r.name for r in arm.registries.list()]
    usages = arm.registries.list_usages(group, name).value
    seen["usages"] = sorted([u.name, u.unit] for u in usages)
    before = arm.registries.list_credentials(group, name)
    after = arm.registries.regenerate_credential(group, name, {"name": "password"})
    seen["user"] = before.username
    seen["renewed"] = [old.value != new.value for old, new in zip(before.passwords, after.passwords, strict=True)]
    try:
        bad = {"location": "eastus", "sku": {"name": "Basic"}, "properties": {"anonymousPullEnabled": True}}
        arm.registries.begin_create(group, f"{name}bad", bad).result()
    except HttpResponseError as error:
        seen["wrong tier"] = error.status_code
    try:
        arm.registries.get(group, f"{name}missing")
    except ResourceNotFoundError as error:
        seen["missing"] = error.error.code
    arm.registries.begin_delete(group, name).result()
    seen["left"] = [r.name for r in arm.registries.list_by_resource_group(group) if r.name == name]

print(json.dumps(seen))
