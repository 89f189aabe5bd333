"""Scope maps and tokens in Resource Manager, and what they open in the registry."""

import base64
from typing import Any

import msgspec
import pytest

from acrlab.domain import events, scope_maps
from acrlab.engine.world import World
from acrlab.wire.http import Request, Response
from tests.arm.cloud import STABLE, Cloud

LOGIN = "contoso.azurecr.io"
DAY = 86400.0


@pytest.fixture
def home(cloud: Cloud) -> Cloud:
    """With a registry that holds an image."""
    assert cloud.registry().status == 201
    return cloud


def scope_map(cloud: Cloud, *actions: str, name: str = "builders", **more: Any) -> Any:
    return cloud.ask("PUT", f"{cloud.r}/contoso/scopeMaps/{name}", {"properties": {"actions": list(actions), **more}})


def token(cloud: Cloud, name: str = "builder", over: str = "builders", **more: Any) -> Any:
    body = {"properties": {"scopeMapId": f"{cloud.r}/contoso/scopeMaps/{over}", **more}}
    return cloud.ask("PUT", f"{cloud.r}/contoso/tokens/{name}", body)


def generate(cloud: Cloud, of: str = "builder", **more: Any) -> Any:
    body = {"tokenId": f"{cloud.r}/contoso/tokens/{of}", **more}
    return cloud.ask("POST", f"{cloud.r}/contoso/generateCredentials", body)


def passwords(answer: Any) -> dict[str, str]:
    return {each["name"]: each["value"] for each in answer.json["passwords"]}


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def at_registry(cloud: Cloud, method: str, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    """Ask the registry itself; for a request with a body, an empty one is sent."""
    route, _, query = path.partition("?")
    answer = cloud.app.begin(Request(method, LOGIN, route, query, headers, authority=LOGIN))
    if not isinstance(answer, Response):
        answer.seal()
        answer = answer.finish()
    body = answer.body if isinstance(answer.body, bytes) else b""
    return answer.status, msgspec.json.decode(body) if body else None


def granted(cloud: Cloud, headers: dict[str, str], scope: str) -> tuple[int, list[str]]:
    """The actions of the access token that the token server gives for a scope."""
    status, body = at_registry(cloud, "GET", f"/oauth2/token?service={LOGIN}&scope={scope}", headers)
    if status != 200:
        return status, []
    payload = body["access_token"].split(".")[1]
    claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return status, [action for entry in claims["access"] for action in entry["actions"]]


# Scope maps


def test_a_registry_comes_with_maps_that_stay(home: Cloud) -> None:
    found = home.ask("GET", f"{home.r}/contoso/scopeMaps").json["value"]
    assert [each["name"] for each in found] == sorted(scope_maps.PROVIDED)
    assert {each["properties"]["type"] for each in found} == {"SystemDefined"}
    for name in scope_maps.PROVIDED:
        path = f"{home.r}/contoso/scopeMaps/{name}"
        before = home.ask("GET", path).json
        for method, body in (("PUT", {"properties": {"actions": []}}), ("PATCH", {}), ("DELETE", None)):
            assert home.ask(method, path, body).code == "SystemDefinedScopeMap"
        assert home.ask("GET", path).json == before
    usages = home.ask("GET", f"{home.r}/contoso/listUsages").json["value"]
    assert next(each for each in usages if each["name"] == "ScopeMaps")["currentValue"] == 0


def test_a_map_is_made_changed_and_given_up(home: Cloud) -> None:
    made = scope_map(home, "repositories/team/app/content/read", description="pull one")
    assert (made.status, made.json["properties"]["type"]) == (200, "UserDefined")
    path = f"{home.r}/contoso/scopeMaps/builders"
    more = {"properties": {"actions": ["repositories/team/*/content/read", "repositories/*/metadata/read"]}}
    changed = home.ask("PATCH", path, more).json["properties"]
    assert changed["description"] == "pull one"
    assert changed["actions"] == more["properties"]["actions"]
    usages = home.ask("GET", f"{home.r}/contoso/listUsages").json["value"]
    assert next(each for each in usages if each["name"] == "ScopeMaps")["currentValue"] == 1
    assert home.ask("DELETE", path).status == 200
    assert home.ask("GET", path).code == "ResourceNotFound"
    assert home.ask("DELETE", path).status == 204


@pytest.mark.parametrize(
    "action",
    [
        "repositories/sample/*/teamA/content/read", "repositories/sample/team*/content/read",
        "repositories/a/*/b/*/content/read", "repositories/app/content/execute", "repositories/app/metadata/delete",
        "repositories/APP/content/read", "repositories//content/read", "content/read", "", "x" * 5000, 7, None, {},
        "repositories/app/content/read\n", "gateway/edge/content/read",
    ],
)  # fmt: skip
def test_actions_outside_the_grammar(home: Cloud, action: Any) -> None:
    before = home.world.version
    refused = home.ask("PUT", f"{home.r}/contoso/scopeMaps/builders", {"properties": {"actions": [action]}})
    assert (refused.status, refused.code) == (400, "InvalidScopeMapAction")
    assert home.world.version == before


def test_maps_that_are_refused(home: Cloud) -> None:
    path = f"{home.r}/contoso/scopeMaps"
    assert home.ask("PUT", f"{path}/abc", {"properties": {"actions": []}}).code == "InvalidResourceName"
    assert home.ask("PUT", f"{path}/_mine_", {"properties": {"actions": []}}).code == "InvalidResourceName"
    assert home.ask("PUT", f"{path}/builders", {"properties": {}}).code == "InvalidRequestContent"
    many = [f"repositories/r{number}/content/read" for number in range(501)]
    assert scope_map(home, *many).code == "QuotaExceeded"
    assert scope_map(home, *many[:500]).status == 200


# Tokens


def test_a_token_is_made_and_its_passwords_are_shown_once(home: Cloud) -> None:
    scope_map(home, "repositories/app/content/read")
    made = token(home)
    assert made.status == 201 and "/operationStatuses/token-" in made.headers["azure-asyncoperation"]
    assert made.json["properties"]["credentials"] == {"passwords": []}
    both = passwords(generate(home))
    assert sorted(both) == ["password1", "password2"]
    shown = home.ask("GET", f"{home.r}/contoso/tokens/builder")
    assert [each["name"] for each in shown.json["properties"]["credentials"]["passwords"]] == sorted(both)
    everything = b"".join(record for _, record in home.world.journal.replay()) + bytes(shown.raw)
    assert not any(value.encode() in everything for value in both.values()), "a value is kept nowhere"
    first = passwords(generate(home, name="password1"))
    assert list(first) == ["password1"]
    assert granted(home, basic("builder", both["password1"]), "repository:app:pull") == (401, [])
    for value in (both["password2"], first["password1"]):
        assert granted(home, basic("builder", value), "repository:app:pull") == (200, ["pull"])


def test_a_token_does_what_its_map_says_and_no_more(home: Cloud) -> None:
    scope_map(home, "repositories/team/*/content/read", "repositories/app/content/write",
              "repositories/app/content/read", "repositories/app/metadata/read")  # fmt: skip
    token(home)
    headers = basic("builder", passwords(generate(home))["password1"])
    everything = "pull,push,delete,metadata_read,metadata_write"
    assert granted(home, headers, f"repository:app:{everything}")[1] == ["metadata_read", "pull", "push"]
    assert granted(home, headers, f"repository:team/new:{everything}")[1] == ["pull"]
    assert granted(home, headers, f"repository:team:{everything}")[1] == []
    assert granted(home, headers, f"repository:teams/new:{everything}")[1] == []
    assert granted(home, headers, "registry:catalog:*")[1] == []
    assert at_registry(home, "GET", "/v2/_catalog", headers)[0] == 401
    assert at_registry(home, "POST", "/v2/app/blobs/uploads/", headers)[0] == 202
    assert at_registry(home, "POST", "/v2/team/new/blobs/uploads/", headers)[0] == 401
    assert at_registry(home, "DELETE", "/acr/v1/app", headers)[0] == 401
    home.ask("PATCH", f"{home.r}/contoso/scopeMaps/builders", {"properties": {"actions": []}})
    assert granted(home, headers, f"repository:app:{everything}")[1] == [], "a change holds at once"


def test_disabled_expired_and_deleted_tokens_are_refused(home: Cloud) -> None:
    scope_map(home, "repositories/app/content/read")
    token(home)
    expiry = {"expiry": "2026-09-22T14:13:20Z"}  # a day after the world began
    headers = basic("builder", passwords(generate(home, **expiry))["password1"])
    _, held = at_registry(home, "GET", f"/oauth2/token?service={LOGIN}&scope=repository:app:pull", headers)
    bearer = {"authorization": f"Bearer {held['access_token']}"}
    assert at_registry(home, "GET", "/v2/", bearer)[0] == 200
    path = f"{home.r}/contoso/tokens/builder"
    assert home.ask("PATCH", path, {"properties": {"status": "disabled"}}).json["properties"]["status"] == "disabled"
    for each in (headers, bearer):
        assert at_registry(home, "GET", "/v2/", each)[0] == 401
        assert "the token builder is disabled" in " ".join(home.world.refusals[-1].because)
    home.ask("PATCH", path, {"properties": {"status": "enabled"}})
    assert at_registry(home, "GET", "/v2/", headers)[0] == 200
    home.world.advance(DAY)
    assert at_registry(home, "GET", "/v2/", headers)[0] == 401
    assert "password1 of the token builder expired" in " ".join(home.world.refusals[-1].because)
    again = basic("builder", passwords(generate(home))["password1"])
    assert at_registry(home, "GET", "/v2/", again)[0] == 200
    assert home.ask("DELETE", path).status == 200
    assert at_registry(home, "GET", "/v2/", again)[0] == 401


def test_credentials_are_dropped_by_naming_those_that_stay(home: Cloud) -> None:
    scope_map(home, "repositories/app/content/read")
    token(home)
    both = passwords(generate(home))
    path = f"{home.r}/contoso/tokens/builder"
    held = home.ask("GET", path).json["properties"]["credentials"]["passwords"]
    home.ask("PATCH", path, {"properties": {"credentials": {"passwords": [held[1]]}}})
    assert granted(home, basic("builder", both["password1"]), "repository:app:pull")[0] == 401
    assert granted(home, basic("builder", both["password2"]), "repository:app:pull")[0] == 200
    home.ask("PATCH", path, {"properties": {"credentials": {"passwords": [{"name": "password1"}]}}})
    assert home.ask("GET", path).json["properties"]["credentials"]["passwords"] == []


def test_tokens_that_are_refused(home: Cloud) -> None:
    scope_map(home, "repositories/app/content/read")
    home.registry("fabrikam")
    foreign = {"scopeMapId": f"{home.r}/fabrikam/scopeMaps/_repositories_pull"}
    assert token(home, **foreign).code == "ScopeMapNotFound"
    assert token(home, over="nothing").code == "ScopeMapNotFound"
    assert token(home, name="a_token").code == "InvalidResourceName"
    assert token(home, status="asleep").code == "InvalidRequestContent"
    assert home.ask("PUT", f"{home.r}/contoso/tokens/builder", {"properties": {}}).code == "InvalidRequestContent"
    assert generate(home).code == "TokenNotFound"
    token(home)
    assert generate(home, name="password3").code == "InvalidRequestContent"
    for expiry in ("yesterday", "2020-01-01T00:00:00Z", "99999-01-01", ""):
        assert generate(home, expiry=expiry).code == "InvalidParameter"
    assert generate(home, "../contoso").status in (400, 404)
    in_use = home.ask("DELETE", f"{home.r}/contoso/scopeMaps/builders")
    assert (in_use.status, in_use.code) == (409, "ScopeMapInUse")
    assert "builder" in in_use.message


def test_a_tier_has_room_for_so_many(home: Cloud) -> None:
    home.registry("basics", "Basic")
    path = f"{home.r}/basics/scopeMaps"
    for number in range(100):
        assert home.ask("PUT", f"{path}/map-{number}", {"properties": {"actions": []}}).status == 200
    refused = home.ask("PUT", f"{path}/one-more", {"properties": {"actions": []}})
    assert (refused.status, refused.code) == (400, "QuotaExceeded")
    assert "resource type scopeMaps for the registry SKU Basic" in refused.message


def test_a_registry_takes_its_tokens_along_and_a_replay_is_equal(home: Cloud) -> None:
    scope_map(home, "repositories/app/content/read")
    token(home)
    generate(home)
    assert _replayed(home.world) == home.world.state
    assert home.ask("DELETE", f"{home.r}/contoso").status == 200
    assert not [key for key in home.world.state.resources if "/contoso/" in key]
    assert _replayed(home.world) == home.world.state


def _replayed(world: World) -> Any:
    assert all(isinstance(each, msgspec.Struct) for each in world.events())
    return world._replayed()


def test_served_in_old_versions_too(home: Cloud) -> None:
    for version in ("2020-11-01-preview", STABLE):
        assert home.ask("GET", f"{home.r}/contoso/scopeMaps", version=version).status == 200


def test_a_list_holds_what_its_own_registry_has(home: Cloud) -> None:
    """Two registries in one group keep their scope maps apart."""
    assert home.registry("fabrikam").status == 201
    scope_map(home, "repositories/*/content/read", name="only-here")
    listed = {name: home.ask("GET", f"{home.r}/{name}/scopeMaps").json["value"] for name in ("contoso", "fabrikam")}
    assert {each["name"] for each in listed["contoso"]} == {"only-here", *scope_maps.PROVIDED}
    assert {each["name"] for each in listed["fabrikam"]} == set(scope_maps.PROVIDED)


def test_the_maps_of_the_system_come_with_the_opening_of_a_registry(cloud: Cloud) -> None:
    """Journals of before had no event for them, later ones an event each: both end in the same three."""
    cloud.registry()
    told = [each for each in cloud.world.events() if isinstance(each, events.ResourcePut)]
    assert not [each for each in told if "/scopemaps/" in each.id.lower()]
    shown = cloud.ask("GET", f"{cloud.r}/contoso/scopeMaps").json["value"]
    assert [each["name"] for each in shown] == ["_repositories_admin", "_repositories_pull", "_repositories_push"]
    resource = cloud.world.state.resources[f"{cloud.r}/contoso/scopeMaps/_repositories_pull".lower()]
    cloud.world.commit(
        events.ResourcePut(at=resource.created, by=resource.created_by, id=resource.id, body=dict(resource.body))
    )
    assert cloud.ask("GET", f"{cloud.r}/contoso/scopeMaps").json["value"] == shown
