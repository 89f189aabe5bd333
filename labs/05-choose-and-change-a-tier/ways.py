"""Lab 05 solved with `az`, and over plain HTTP."""

import re

from acrlab.course.rest import Refused
from acrlab.course.ways import Az, AzRefused, Way
from acrlab.tiers.advice import advise

SHOP, OLD = "contosolab05", "contosolab05old"


def az(az: Az) -> None:
    """`az acr update` from end to end."""
    found = advise("anonymous pull", stored="200 GiB", webhooks=5)
    on = ("--name", SHOP, "--resource-group", az.group)
    az("acr", "update", *on, "--sku", found.tier)
    az("acr", "update", *on, "--anonymous-pull-enabled", "true")
    code = ""
    try:
        az("acr", "update", *on, "--data-endpoint-enabled", "true")
    except AzRefused as refusal:
        match = re.search(r"\((\w+)\)", str(refusal))
        code = match[1] if match else ""
    tags = (f"tier={found.tier}", f"usd={found.prices[found.tier]:.2f}", f"refused={code}")
    az("acr", "update", *on, "--tags", *tags)
    az("acr", "config", "retention", "update", "--registry", OLD, "--status", "disabled", "--type", "UntaggedManifests")
    az("acr", "update", "--name", OLD, "--resource-group", az.group, "--data-endpoint-enabled", "false")
    az("acr", "webhook", "delete", "--registry", OLD, "--name", "deploywest")
    az("acr", "update", "--name", OLD, "--resource-group", az.group, "--sku", "Basic")


def http(way: Way) -> None:
    """Requests and nothing else."""
    found = advise("anonymous pull", stored="200 GiB", webhooks=5)
    way.change(SHOP, {"sku": {"name": found.tier}, "properties": {"anonymousPullEnabled": True}})
    code = ""
    try:
        way.change(SHOP, {"properties": {"dataEndpointEnabled": True}})
    except Refused as refusal:
        code = refusal.response.json()["error"]["code"]
    way.change(SHOP, {"tags": {"tier": found.tier, "usd": f"{found.prices[found.tier]:.2f}", "refused": code}})
    off = {"dataEndpointEnabled": False, "policies": {"retentionPolicy": {"status": "disabled"}}}
    way.change(OLD, {"properties": off})
    way.rest.arm("DELETE", f"{way.rest.registry_path(way.lab.group, OLD)}/webhooks/deploywest")
    way.change(OLD, {"sku": {"name": "Basic"}})
