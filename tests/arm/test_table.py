"""The table of resource types, and the routes made from it."""

import pytest

from acrlab.domain import projection, registry
from acrlab.domain.registry import Field
from acrlab.engine import table
from acrlab.engine.types import ResourceType
from acrlab.wire import arm
from acrlab.wire.routes import TRUTHS, Router
from tests.arm.cloud import Cloud


def fields(shape: Field, path: str = "") -> list[tuple[str, Field]]:
    below = [found for name, each in shape.fields.items() for found in fields(each, f"{path}.{name}".lstrip("."))]
    return [(path, shape), *below] if path else below


def test_every_property_of_the_facts_has_a_row_in_the_model_and_the_other_way_round() -> None:
    known = set(projection._rows("microsoft.containerregistry/registries"))
    modelled = {path for path, _ in fields(registry.REGISTRY)}
    assert modelled - {"identity.userAssignedIdentities"} <= known
    missing = {path for path in known - modelled if not path.startswith("systemData.")}
    assert not missing


def test_every_property_carries_a_truth_label() -> None:
    assert {field.truth for _, field in fields(registry.REGISTRY)} <= set(TRUTHS)


def test_defaults_are_of_the_model() -> None:
    properties = registry.REGISTRY.fields["properties"]
    assert registry.read(properties, registry.DEFAULTS, "2026-09-01-preview", "x", kind="") == registry.DEFAULTS


def test_every_route_has_a_scope_and_no_two_are_the_same() -> None:
    seen = [(route.method, route.path.lower()) for route in arm.ROUTES]
    assert len(seen) == len(set(seen))
    Router(arm.ROUTES, ignore_case=True)


def test_a_row_that_neither_refuses_nor_decides_does_not_load() -> None:
    with pytest.raises(ValueError, match="refused, or decides"):
        ResourceType(path="Microsoft.X/y")
    with pytest.raises(ValueError, match="refused, or decides"):
        ResourceType(path="Microsoft.X/y", truth="refused", desired=lambda ask: {})


REFUSED = [route for route in arm.ROUTES if route.truth == "refused" and "{rest*}" not in route.path]


@pytest.mark.parametrize("route", REFUSED, ids=lambda route: f"{route.method} {route.path[-60:]}")
def test_refused_routes_refuse_and_leave_no_trace(cloud: Cloud, route: arm.Route) -> None:
    path = (
        route.path.replace("{subscription}", cloud.subscription)
        .replace("{group}", "lab")
        .replace("{scope*}", cloud.s[1:])
    )
    for kind in table.TABLE.values():
        for name in kind.kinds:
            path = path.replace(f"{{{name}_name}}", "contoso")
    path = path.replace("{namespace}", "Microsoft.Network").replace("{name}", "x")
    before = cloud.world.version
    answer = cloud.ask(route.method, path, {}, version="2025-03-01-preview")
    assert (answer.status, answer.code) == (501, "NotEmulated")
    assert "Nothing was done, and nothing was sent to Azure." in answer.message
    assert cloud.world.version == before
