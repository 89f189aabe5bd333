"""A deployment with one character too few."""

from acrlab.client.display import Table, facts
from acrlab.course.rest import Refused, Rest

REGISTRY, WEB = "contosobroken5", "shop/web"


def begin(rest: Rest, group: str) -> None:
    """The deployment is a tag of the registry: image."""
    rest.arm("PATCH", rest.registry_path(group, REGISTRY), {"tags": {"image": f"contosobroken.azurecr.io/{WEB}:1.0"}})


def symptom(rest: Rest, group: str) -> Table:
    """Pull what the deployment names."""
    image = rest.arm("GET", rest.registry_path(group, REGISTRY))["tags"]["image"]
    host, _, reference = image.partition("/")
    repository, _, tag = reference.partition(":")
    try:
        status = str(rest.door(host).manifest(repository, tag).status_code)
    except Refused as refused:
        status = f"{refused.response.status_code} {refused.response.json()['errors'][0]['code']}"
    return facts("", {image: status})
