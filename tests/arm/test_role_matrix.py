"""The role matrix: every built-in role against every operation of both planes.

What an operation needs is worked out here a second time, from Azure's grammar of actions and from the documents on
content, so that a row with the wrong action is noticed as well as a route that asks for none.
"""

import re

import pytest

from acrlab.domain import roles
from acrlab.domain.access import Principal, Scope
from acrlab.domain.resource_id import ResourceId
from acrlab.engine import authorization, directory, tokens
from acrlab.wire import arm, planes
from acrlab.wire.http import Request, Response
from acrlab.wire.routes import Route
from tests.arm.cloud import HOST, STABLE, Answer, Cloud

WORDS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}
GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"
CELLS = {"control plane": 0, "data plane": 0}
ROUTES = planes.PLANES["registry"].router.routes

# Routes of Resource Manager that need no action, and why.
FREE = {
    "open": {"GET /metadata/endpoints"},  # what a client asks before it signs in
    "signed-in": {
        "GET /subscriptions",
        "GET /tenants",  # each shows the caller its own
        "GET /providers/{namespace}/operations",  # the public catalogue of actions
        "GET /providers/Microsoft.Authorization/roleDefinitions",  # built-in roles are everybody's to read
        "GET /providers/Microsoft.Authorization/roleDefinitions/{name}",
        "GET /providers/Microsoft.Authorization/policyDefinitions",
        "GET /providers/Microsoft.Authorization/policyDefinitions/{name}",
        "GET /providers/Microsoft.Authorization/permissions",  # what the caller itself may do
        "GET /{scope*}/providers/Microsoft.Authorization/permissions",
        "POST /providers/Microsoft.Resources/calculateTemplateHash",  # counts what it is sent
        # an operation is asked after by whoever was told its unguessable id
        "GET /subscriptions/{subscription}/operationresults/{operation}",
        "GET /subscriptions/{subscription}/providers/{namespace}/locations/{location}/operationResults/{operation}",
        "GET /subscriptions/{subscription}/providers/{namespace}/locations/{location}/operationStatuses/{operation}",
    },
}
# Where the action is not what the path says.
NAMED = {
    "GET /subscriptions/{subscription}": "Microsoft.Resources/subscriptions/read",
    "GET /subscriptions/{subscription}/locations": "Microsoft.Resources/subscriptions/locations/read",
    "GET /subscriptions/{subscription}/providers": "Microsoft.Resources/subscriptions/providers/read",
    "GET /subscriptions/{subscription}/providers/{namespace}": "Microsoft.Resources/subscriptions/providers/read",
    f"GET {GROUP}/resources": f"{GROUPS}/resources/read",
    **{
        f"GET {root}/deployments/{{deployment}}/operations{one}": "Microsoft.Resources/deployments/operations/read"
        for root in (GROUP, "/subscriptions/{subscription}") for one in ("", "/{step}")
    },
    "POST /subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/checkNameAvailability":
        "Microsoft.ContainerRegistry/checkNameAvailability/read",
    "POST /subscriptions/{subscription}/providers/Microsoft.KeyVault/checkNameAvailability":
        "Microsoft.KeyVault/checkNameAvailability/read",
    "POST /subscriptions/{subscription}/providers/Microsoft.Storage/checkNameAvailability":
        "Microsoft.Storage/checkNameAvailability/read",
    f"POST {GROUP}/exportTemplate": f"{GROUPS}/exportTemplate/action",
    **{f"{method} {GROUP}": f"{GROUPS}/{word}" for method, word in WORDS.items() if method != "POST"},
}  # fmt: skip
# What each operation on content is called in the documents (roles.toml [[operation]]); "" needs only a credential.
CONTENT = {
    "GET /v2/": "", "GET /v2": "",
    "GET /v2/_catalog": "catalog", "GET /acr/v1/_catalog": "catalog",
    "POST /v2/{repository*}/blobs/uploads/": "push", "POST /v2/{repository*}/blobs/uploads": "push",
    "GET /v2/{repository*}/blobs/uploads/{upload}": "push", "PATCH /v2/{repository*}/blobs/uploads/{upload}": "push",
    "PUT /v2/{repository*}/blobs/uploads/{upload}": "push", "DELETE /v2/{repository*}/blobs/uploads/{upload}": "push",
    "GET /v2/{repository*}/blobs/{digest}": "pull", "DELETE /v2/{repository*}/blobs/{digest}": "delete",
    "GET /v2/{repository*}/manifests/{reference}": "pull", "PUT /v2/{repository*}/manifests/{reference}": "push",
    "DELETE /v2/{repository*}/manifests/{reference}": "delete",
    "GET /v2/{repository*}/tags/list": "pull", "GET /v2/{repository*}/referrers/{digest}": "referrers_read",
    "GET /acr/v1/_deleted/_catalog": "deleted_read", "GET /acr/v1/_deleted/{repository*}/_manifests": "deleted_read",
    "GET /acr/v1/_deleted/{repository*}/_tags": "deleted_read",
    "POST /acr/v1/_deleted/{repository*}/_manifests/{digest}": "deleted_restore",
    "GET /acr/v1/{repository*}/_tags": "metadata_read", "GET /acr/v1/{repository*}/_tags/{tag}": "metadata_read",
    "PATCH /acr/v1/{repository*}/_tags/{tag}": "metadata_write", "DELETE /acr/v1/{repository*}/_tags/{tag}": "delete",
    "GET /acr/v1/{repository*}/_manifests": "metadata_read",
    "GET /acr/v1/{repository*}/_manifests/{digest}": "metadata_read",
    "PATCH /acr/v1/{repository*}/_manifests/{digest}": "metadata_write",
    "GET /acr/v1/{repository*}": "metadata_read", "PATCH /acr/v1/{repository*}": "metadata_write",
    "DELETE /acr/v1/{repository*}": "delete",
    "GET /acr/v1/{repository*}/_streaming": "pull", "POST /acr/v1/{repository*}/_streaming": "push",
    "GET /acr/v1/{repository*}/_streaming/{digest}": "pull", "POST /acr/v1/{repository*}/_streaming/{digest}": "push",
    "GET /acr/v1/{repository*}/_operations/{operation}": "pull",
    "POST /acr/v1/{repository*}/_operations/{operation}:cancel": "push",
}  # fmt: skip
OPEN = {"POST /oauth2/exchange", "GET /oauth2/token", "POST /oauth2/token"}  # each judges the credential it is sent
ROUTES = planes.PLANES["registry"].router.routes
DIGEST = f"sha256:{'0' * 64}"


def spelled(route: Route) -> str:
    return f"{route.method} {route.path}"


def guarded() -> list[Route]:
    """The routes of Resource Manager that a role has to open."""
    return [route for route in arm.ROUTES if route.scope not in ("open", "signed-in", "visible")]


def content() -> list[Route]:
    """The routes of a registry that do something and want a credential."""
    return [route for route in ROUTES if route.truth != "refused" and spelled(route) not in OPEN]


def addressed(route: Route) -> str:
    """A path of a registry, in a repository that is not there."""
    return re.sub(r"\{(\w+)\*?\}", lambda found: "team/app" if found[1] == "repository" else DIGEST, route.path)


def needed(route: Route) -> str:
    """The action of a route, from its path: types, then read, write, delete or the name of an action."""
    if spelled(route) in NAMED:
        return NAMED[spelled(route)]
    _, _, own = route.path.rpartition("/providers/")
    namespace, *segments = own.split("/")
    return "/".join((namespace, *segments[::2], WORDS[route.method]))


def filled(route: Route, cloud: Cloud) -> str:
    """A path of things that do not exist, so that whoever is let in changes nothing."""
    values = {"subscription": cloud.subscription, "group": "nowhere", "namespace": "Microsoft.ContainerRegistry"}
    path = route.path.replace("{scope*}", f"subscriptions/{cloud.subscription}/resourceGroups/nowhere")
    return re.sub(r"\{(\w+)\*?\}", lambda found: values.get(found[1], "nothing"), path)


def ask(cloud: Cloud, method: str, host: str, path: str, query: str, token: str) -> Answer:
    head = Request(method, host, path, query, {"authorization": f"Bearer {token}"}, authority=host)
    answer = cloud.app.begin(head)
    if not isinstance(answer, Response):
        answer.write(b"!")
        answer.seal()
        answer = answer.finish()
    return Answer(answer)


def denied(cloud: Cloud, answer: Answer) -> bool:
    """Whether it was a role that lacked. A HEAD says so without a word."""
    return answer.status == 403 and cloud.world.refusals[-1].code == "AuthorizationFailed"


def nobody(cloud: Cloud) -> Principal:
    """The machine of every world, without any role."""
    machine = directory.principal(directory.seeded(cloud.world, "acrlab-vm"))
    for each in [each.id for each in authorization.assignments(cloud.world)]:
        if cloud.world.state.resources[each.lower()].body["properties"]["principalId"] == machine.id:
            assert cloud.ask("DELETE", each, version="2022-04-01").status == 200
    return machine


def newcomer(cloud: Cloud, role: roles.RoleDefinition) -> Principal:
    """The same, holding one role on the subscription."""
    machine, scope = nobody(cloud), ResourceId(cloud.subscription)
    cloud.world.commit(authorization.assigned(cloud.world, scope, role.id, machine.id, "ServicePrincipal", at=0.0))
    return machine


ROLES = pytest.mark.parametrize("role", list(roles.BUILTIN.values()), ids=lambda role: role.name.replace(" ", "-"))


def test_every_route_of_resource_manager_has_its_action_or_its_reason() -> None:
    for route in arm.ROUTES:
        if route.truth == "refused" and route.scope == "signed-in":
            continue  # answers that acrlab does not have it, to whomever
        if route.scope in FREE:
            assert spelled(route) in FREE[route.scope]
        elif route.scope == "visible":
            assert route.method == "GET" and not route.path.rpartition("/")[2].startswith("{")  # a list, looked through
        else:
            wanted = needed(route).replace("{namespace}", "Microsoft.ContainerRegistry")
            assert route.scope.replace("{namespace}", "Microsoft.ContainerRegistry").lower() == wanted.lower()


def test_every_route_of_a_registry_has_its_operation() -> None:
    assert {spelled(route) for route in ROUTES if route.truth != "refused"} == set(CONTENT) | OPEN
    for route in ROUTES:
        assert (route.scope == "open") == (spelled(route) in OPEN)


@ROLES
def test_a_role_reaches_what_its_actions_say_in_resource_manager(cloud: Cloud, role: roles.RoleDefinition) -> None:
    newcomer(cloud, role)
    token, before = cloud.token("acrlab-vm"), cloud.world.version
    for route in guarded():
        action = needed(route).replace("{namespace}", "Microsoft.ContainerRegistry")
        answer = ask(cloud, route.method, HOST, filled(route, cloud), f"api-version={STABLE}", token)
        refused, inside = denied(cloud, answer), not route.path.startswith("/providers/")  # no subscription: the root
        may = inside and roles.permits(role, action)
        assert refused != may, f"{role.name}: {spelled(route)} needs {action}, {answer}"
        if refused:
            assert f"action '{action.lower()}' " in cloud.world.refusals[-1].text.lower()
            because = cloud.world.refusals[-1].because
            assert because[0].lower().startswith(f"action {action.lower()} is needed at /")
            assert f"holds {role.name} at {cloud.s}" in because[1] or not inside
        CELLS["control plane"] += 1
    assert cloud.world.version == before, "nothing was there to be changed"


@ROLES
@pytest.mark.parametrize("mode", [roles.LEGACY, roles.ABAC])
def test_a_role_reaches_what_its_actions_say_in_a_registry(cloud: Cloud, role: roles.RoleDefinition, mode: str) -> None:
    cloud.registry(roleAssignmentMode=mode)
    who = newcomer(cloud, role)
    registry, host = cloud.world.state.registries["contoso"], "contoso.azurecr.io"
    everything = [Scope("repository", "team/app", authorization.EVERYTHING)]
    everything += [Scope("registry", name, frozenset("*")) for name in authorization.CATALOGS]
    token = tokens.access_token(cloud.world, registry, who, everything)
    before = cloud.world.version
    for route in content():
        operation = CONTENT[spelled(route)]
        answer = ask(cloud, route.method, host, addressed(route), "", token)
        may = not operation or roles.grants([role], operation, mode)
        assert (answer.status != 401) == may, f"{role.name}, {mode}: {spelled(route)} needs {operation}, {answer}"
        if not may:
            need = roles.requirement(operation, mode)
            because = " / ".join(cloud.world.refusals[-1].because)
            assert all(any(action in because for action in alternative) for alternative in need.any_of)
            assert f"is needed at {registry.resource}" in because or not need.any_of
        CELLS["data plane"] += 1
    assert cloud.world.version == before


def test_nobody_reaches_anything(cloud: Cloud) -> None:
    """Without a credential, and with one of somebody who holds no role."""
    cloud.registry()
    nobody(cloud)
    token = cloud.token("acrlab-vm")
    for route in guarded():
        path = filled(route, cloud)
        assert denied(cloud, ask(cloud, route.method, HOST, path, f"api-version={STABLE}", token))
        assert ask(cloud, route.method, HOST, path, f"api-version={STABLE}", "nonsense").status == 401
    for route in ROUTES:
        if spelled(route) not in OPEN:
            assert ask(cloud, route.method, "contoso.azurecr.io", addressed(route), "", "nonsense").status == 401


def test_the_number_of_cells_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nrole matrix: {', '.join(f'{count} cells of the {plane}' for plane, count in CELLS.items())}")
    assert CELLS["control plane"] % len(guarded()) == 0, "each role that was tried was tried on every route"
    assert CELLS["data plane"] % len(CONTENT) == 0
