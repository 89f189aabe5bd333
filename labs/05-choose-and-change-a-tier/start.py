"""A Premium registry whose features somebody switched on and nobody uses."""

from acrlab.course.beginning import LOCATION
from acrlab.course.rest import Rest

OLD = "contosolab05old"
HOOKS = ("deploynorth", "deploysouth", "deploywest")
ON = {
    "adminUserEnabled": True,
    "dataEndpointEnabled": True,
    "policies": {"retentionPolicy": {"status": "enabled", "days": 30}},
}


def begin(rest: Rest, group: str) -> None:
    """Switch on what only Premium has, and ring three bells."""
    path = rest.registry_path(group, OLD)
    rest.arm("PATCH", path, {"properties": ON})
    for name in HOOKS:
        hook = {"serviceUri": f"https://{name}.example", "actions": ["push"], "status": "enabled"}
        rest.arm("PUT", f"{path}/webhooks/{name}", {"location": LOCATION, "properties": hook})
