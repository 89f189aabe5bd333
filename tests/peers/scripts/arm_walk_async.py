"""The same walk over ARM with the asynchronous clients: python arm_walk_async.py CREDENTIAL GROUP NAME."""

import asyncio
import json
import os
import sys

import azure.identity.aio
from azure.core.exceptions import ResourceNotFoundError
from azure.mgmt.containerregistry.aio import ContainerRegistryManagementClient
from credentials import make


async def walk(kind: str, group: str, name: str) -> dict[str, object]:
    seen: dict[str, object] = {}
    async with (
        make(azure.identity.aio, kind) as credential,
        ContainerRegistryManagementClient(credential, os.environ["AZURE_SUBSCRIPTION_ID"]) as arm,
    ):
        body = {"location": "eastus", "sku": {"name": "Standard"}}
        poller = await arm.registries.begin_create(group, name, body)
        made = await poller.result()
        seen["made"] = [made.name, made.sku.tier, made.login_server, made.provisioning_state]
        change = {"properties": {"adminUserEnabled": True}}
        changed = await (await arm.registries.begin_update(group, name, change)).result()
        seen["changed"] = changed.admin_user_enabled
        seen["listed"] = name in [r.name async for r in arm.registries.list()]
        seen["user"] = (await arm.registries.list_credentials(group, name)).username
        await (await arm.registries.begin_delete(group, name)).result()
        try:
            await arm.registries.get(group, name)
        except ResourceNotFoundError as error:
            seen["gone"] = error.error.code
    return seen


print(json.dumps(asyncio.run(walk(*sys.argv[1:]))))
