"""The explorer's verdicts are those of requests: every cell is held against the request that it stands for."""

import base64
from typing import Any

import pytest

from acrlab.domain import roles
from acrlab.domain.access import ANONYMOUS, Principal, Scope
from acrlab.domain.resource_id import parse
from acrlab.engine import authorization, directory, manifests, repositories, tokens
from acrlab.engine.access import explorer, passwords, repository_tokens
from acrlab.engine.access.explorer import Cell, Matrix
from acrlab.wire.http import Request, Response
from tests.arm.cloud import HOST, STABLE, Cloud
from tests.engine.conftest import image, push_blob

CLIENT, OFFICE = "127.0.0.1", "198.51.100.7"
DIGEST = f"sha256:{'0' * 64}"
LOGIN = "contoso.azurecr.io"
CONTENT = {
    "catalog": ("GET", "/acr/v1/_catalog"), "pull": ("GET", "/v2/team/app/manifests/1.0"),
    "push": ("POST", "/v2/team/app/blobs/uploads/"), "delete": ("DELETE", "/acr/v1/team/app"),
    "metadata_read": ("GET", "/acr/v1/team/app/_tags"), "metadata_write": ("PATCH", "/acr/v1/team/app"),
    "deleted_read": ("GET", "/acr/v1/_deleted/team/app/_manifests"),
    "deleted_restore": ("POST", f"/acr/v1/_deleted/team/app/_manifests/{DIGEST}"),
}  # fmt: skip
REFUSED = (401, 403, 405)


@pytest.fixture
def shop(cloud: Cloud) -> Cloud:
    """A registry with an image, tokens of several minds, and roles at several scopes."""
    cloud.registry(adminUserEnabled=True)
    world, registry = cloud.world, cloud.world.state.registries["contoso"]
    for name in ("team/app", "other/app"):
        config, layer = (push_blob(world, registry, name, each) for each in (b"{}", b"l"))
        manifests.put(world, registry, name, "1.0", image(config, layer), "", "somebody")
    for name, actions in {
        "reader": ["repositories/team/*/content/read"], "writer": ["repositories/team/app/content/write"],
        "keeper": ["repositories/*/metadata/write", "repositories/other/app/content/delete"],
    }.items():  # fmt: skip
        map_ = f"{cloud.r}/contoso/scopeMaps/{name}-map"
        assert cloud.ask("PUT", map_, {"properties": {"actions": actions}}).status < 300
        assert cloud.ask("PUT", f"{cloud.r}/contoso/tokens/{name}", {"properties": {"scopeMapId": map_}}).status < 300
    machine = cloud.id_of("acrlab-identity")
    for role, at in (("AcrPush", f"{cloud.r}/contoso"), ("AcrDelete", cloud.g)):
        found = roles.find(role)
        assert found is not None
        world.commit(authorization.assigned(world, parse(at), found.id, machine, "ServicePrincipal", at=0.0))
    return cloud


def looked(cloud: Cloud, repository: str = "team/app", client: str = CLIENT) -> Matrix:
    return explorer.matrix(cloud.world, cloud.world.state.registries["contoso"], repository, client)


def cell(found: Matrix, who: str, operation: str) -> Cell:
    row = next(each for each in found.rows if each.name == who)
    return row.cells[[each.name for each in found.operations].index(operation)]


def status(cloud: Cloud, method: str, host: str, path: str, credential: str, query: str = "") -> int:
    """What a request gets; what it changed is taken back."""
    cloud.world.snapshot("before")
    head = Request(method, host, path, query, {"authorization": credential} if credential else {}, authority=host)
    answer: Any = cloud.app.begin(head)
    if not isinstance(answer, Response):
        answer.write(b"!" if host == HOST else b"{}")
        answer.seal()
        answer = answer.finish()
    cloud.world.restore("before")
    return int(answer.status)


def bearer(cloud: Cloud, who: Principal) -> str:
    """A credential at the registry, for everything."""
    registry = cloud.world.state.registries["contoso"]
    wanted = [Scope("repository", "team/app", authorization.EVERYTHING), Scope("registry", "catalog", frozenset("*"))]
    return f"Bearer {tokens.access_token(cloud.world, registry, who, wanted)}"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def credential(cloud: Cloud, kind: str, name: str) -> str:
    """How somebody signs in at the registry."""
    world, registry = cloud.world, cloud.world.state.registries["contoso"]
    if kind == "admin":
        return basic(name, registry.passwords[0])
    if kind == "anonymous":
        return bearer(cloud, ANONYMOUS)
    if kind == "token":
        found = repository_tokens.find(world, registry, name)
        assert found is not None
        return bearer(cloud, passwords.principal(found))
    identity = directory.find_named(world, name)
    assert identity is not None
    return bearer(cloud, directory.principal(identity))


def differing(cloud: Cloud, found: Matrix) -> list[str]:
    """Where a verdict is not what the request gets."""
    wrong = []
    for row in found.rows:
        own = credential(cloud, row.kind, row.name)
        for operation, judged in zip(found.operations[: len(CONTENT)], row.cells, strict=False):
            got = status(cloud, CONTENT[operation.name][0], LOGIN, CONTENT[operation.name][1], own)
            if (got not in REFUSED) != judged.allowed:
                wrong.append(f"{row.name} {operation.name}: {got}, but {judged}")
    return wrong


def test_what_it_says_of_content_is_what_requests_get(shop: Cloud) -> None:
    found = looked(shop)
    assert {row.kind for row in found.rows} == {
        "user", "servicePrincipal", "managedIdentity", "token", "admin", "anonymous",
    }  # fmt: skip
    assert differing(shop, found) == []
    allowed = [each.allowed for row in found.rows for each in row.cells[: len(CONTENT)]]
    assert 20 < sum(allowed) < len(allowed) - 20, "some may, some may not"


@pytest.mark.parametrize(
    "properties",
    [
        {"anonymousPullEnabled": True}, {"adminUserEnabled": False}, {"roleAssignmentMode": roles.ABAC},
        {"publicNetworkAccess": "Disabled"},
    ],
    ids=lambda each: next(iter(each)),
)  # fmt: skip
def test_the_registrys_own_settings_count(shop: Cloud, properties: dict[str, Any]) -> None:
    before = looked(shop)
    changed = shop.ask("PATCH", f"{shop.r}/contoso", {"properties": properties})
    assert changed.status < 300, changed
    found = looked(shop)
    assert found.rows != before.rows
    assert differing(shop, found) == []


def test_a_lock_on_the_repository_counts_for_everybody(shop: Cloud) -> None:
    registry = shop.world.state.registries["contoso"]
    repositories.lock(shop.world, registry, "team/app", {"write": False}, "somebody")
    found = looked(shop)
    assert differing(shop, found) == []
    assert cell(found, "acrlab-sp", "push").because == ("repository team/app has writeEnabled=false",)
    assert cell(looked(shop, "other/app"), "acrlab-sp", "push").allowed


CONTROL = {
    "GET registries": ("GET", "/contoso"), "PATCH registries": ("PATCH", "/contoso"),
    "DELETE registries": ("DELETE", "/contoso"),
    "POST registries/listCredentials": ("POST", "/contoso/listCredentials"),
    "PUT registries/tokens": ("PUT", "/contoso/tokens/any"),
    "POST registries/importImage": ("POST", "/contoso/importImage"),
    "POST registries/scheduleRun": ("POST", "/contoso/scheduleRun"),
    "PUT registries/replications": ("PUT", "/contoso/replications/any"),
    "PUT roleAssignments": ("PUT", "/contoso/providers/Microsoft.Authorization/roleAssignments/any"),
    "PUT locks": ("PUT", "/contoso/providers/Microsoft.Authorization/locks/any"),
}  # fmt: skip
SEEDED = {"acrlab-sp", "acrlab-vm", "acrlab-identity", "acrlab-reader-sp"}


@pytest.mark.parametrize("level", ["", "CanNotDelete", "ReadOnly"])
def test_what_it_says_of_resource_manager_is_what_requests_get(shop: Cloud, level: str) -> None:
    if level:
        path = f"{shop.r}/contoso/providers/Microsoft.Authorization/locks/keep"
        assert shop.ask("PUT", path, {"properties": {"level": level}}, version="2016-09-01").status < 300
    found, wrong = looked(shop), []
    assert [each.name for each in found.operations if each.plane == "control"] == list(CONTROL)
    for row in (each for each in found.rows if each.name in SEEDED):
        for operation, judged in zip(found.operations, row.cells, strict=True):
            if operation.plane == "control":
                method, path = CONTROL[operation.name]
                got = status(shop, method, HOST, f"{shop.r}{path}", f"Bearer {shop.token(row.name)}",
                             f"api-version={STABLE}")  # fmt: skip
                locked = shop.world.refusals and shop.world.refusals[-1].code == "ScopeLocked" and got == 409
                if (got == 403 or bool(locked)) == judged.allowed:
                    wrong.append(f"{row.name} {operation.name}: {got}, but {judged}")
    assert wrong == []
    if level:
        assert "the lock keep" in cell(found, "acrlab-sp", "DELETE registries").because[0]


def test_reasons_name_the_assignment_the_entry_and_the_roles_that_would_do(shop: Cloud) -> None:
    found = looked(shop)
    assert cell(found, "reader", "pull").because == ("the scope map reader-map says repositories/team/*/content/read",)
    lacking = cell(found, "reader", "push")
    assert lacking.because[0] == "repositories/team/app/content/write is needed in the token's scope map"
    assert lacking.roles == ()
    delete = cell(found, "acrlab-identity", "delete")
    assert delete.because == (f"AcrDelete at {shop.g} allows Microsoft.ContainerRegistry/registries/artifacts/delete",)
    refused = cell(found, "acrlab-identity", "metadata_write")
    assert "Microsoft.ContainerRegistry/registries/metadata/write is needed" in refused.because[0]
    assert "Owner" in refused.roles and "AcrPush" not in refused.roles
    assert cell(found, "acrlab-reader-sp", "push").roles[0] == "AcrPush", "what allows least comes first"
    assert "those of the directory only" in cell(found, "reader", "GET registries").because[0]
    notes = {row.name: row.note for row in found.rows}
    assert notes["reader"] == "no password that is valid" and notes["contoso"] == ""


def test_without_a_repository_it_says_whether_there_is_any(shop: Cloud) -> None:
    found = looked(shop, "")
    assert cell(found, "keeper", "delete").allowed and not cell(looked(shop), "keeper", "delete").allowed
    assert found.repositories == ("other/app", "team/app")


def test_where_one_stands_counts(shop: Cloud) -> None:
    rules = {"defaultAction": "Deny", "ipRules": [{"value": OFFICE}]}
    assert shop.ask("PATCH", f"{shop.r}/contoso", {"properties": {"networkRuleSet": rules}}).status < 300
    here = looked(shop)
    assert not cell(here, "acrlab-sp", "pull").allowed and cell(here, "acrlab-sp", "GET registries").allowed
    assert cell(looked(shop, client=OFFICE), "acrlab-sp", "pull").allowed


def test_looking_changes_nothing(shop: Cloud) -> None:
    before, refusals = shop.world.version, len(shop.world.refusals)
    looked(shop)
    assert (shop.world.version, len(shop.world.refusals)) == (before, refusals)
