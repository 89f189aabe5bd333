"""`az` 2.91 as pip installs it: real commands, their real output."""

import base64
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.peers.cloud import LOCATION, Cloud
from tests.peers.lanes import need

pytestmark = pytest.mark.peers

GROUP = "az"
NAME = "azpeer"
SECONDS = 90
NOT_FOUND = 3  # az's exit code for what does not exist


class Az:
    """az with a login of its own."""

    def __init__(self, cloud: Cloud, folder: Path, program: str = "az") -> None:
        self.tool = need(program)
        self.cloud = cloud
        self.env = cloud.environment(
            AZURE_CONFIG_DIR=str(folder),
            AZURE_CORE_NO_COLOR="true",
            AZURE_CORE_SURVEY_MESSAGE="false",
            AZURE_EXTENSION_DIR=str(folder / "extensions"),
        )

    def run(self, *arguments: str, code: int = 0, **env: str):
        """The finished process; `code` is the exit code that is expected."""
        done = self.tool.run(*arguments, env=self.env | env, check=False, timeout=SECONDS)
        text = f"az {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == code, text
        return done

    def json(self, *arguments: str, **env: str):
        out = self.run(*arguments, "--output", "json", **env).stdout
        return json.loads(out) if out.strip() else None

    def refused(self, *arguments: str, code: int = 1, **env: str) -> str:
        return self.run(*arguments, code=code, **env).stderr

    def registry(self, group: str, name: str) -> SimpleNamespace:
        """A Premium registry with its admin user, for what pushes to it."""
        place = ("--resource-group", group, "--name", name)
        made = self.json("acr", "create", *place, "--sku", "Premium", "--admin-enabled")
        secrets = self.json("acr", "credential", "show", "--name", name)
        return SimpleNamespace(
            id=made["id"], name=name, login_server=made["loginServer"], username=secrets["username"],
            password=secrets["passwords"][0]["value"],
        )  # fmt: skip

    def sign_in(self, **env: str) -> str:
        return self.run(*self.sign_in_arguments(), "--output", "json", **env).stdout

    def sign_in_arguments(self, secret: str | None = None) -> list[str]:
        return [
            *("login", "--service-principal"),
            *("--username", self.env["AZURE_CLIENT_ID"]),
            *("--password", secret or self.env["AZURE_CLIENT_SECRET"]),
            *("--tenant", self.env["AZURE_TENANT_ID"]),
        ]


@pytest.fixture(scope="module")
def az(cloud, tmp_path_factory) -> Az:
    program = Az(cloud, tmp_path_factory.mktemp("azure"))
    (account,) = json.loads(program.sign_in())
    assert account["id"] == program.env["AZURE_SUBSCRIPTION_ID"]
    assert account["tenantId"] == program.env["AZURE_TENANT_ID"]
    assert account["state"] == "Enabled" and account["user"]["type"] == "servicePrincipal"
    assert program.json("group", "create", "--name", GROUP, "--location", LOCATION)["name"] == GROUP
    return program


@pytest.fixture(scope="module")
def registry(az):
    """A Standard registry with an admin user, two tags on one image, another image and a referrer."""
    made = az.json(
        *("acr", "create", "--resource-group", GROUP, "--name", NAME, "--sku", "Standard"),
        "--admin-enabled",
    )
    assert made["loginServer"] == f"{NAME}.azurecr.io"
    assert made["sku"] == {"name": "Standard", "tier": "Standard"}
    assert made["adminUserEnabled"] is True and made["provisioningState"] == "Succeeded"
    secrets = az.json("acr", "credential", "show", "--name", NAME)
    assert secrets["username"] == NAME
    assert [p["name"] for p in secrets["passwords"]] == ["password", "password2"]
    full = SimpleNamespace(
        id=made["id"],
        name=NAME,
        login_server=made["loginServer"],
        username=secrets["username"],
        password=secrets["passwords"][0]["value"],
    )
    full.image = az.cloud.push(full, "team/app", "v1", "stable")
    full.other = az.cloud.push(full, "team/app", "v2", text="y")
    full.signature = az.cloud.push(full, "team/app", subject=full.image, text="signature")
    return full


# --- account and groups ---------------------------------------------------------------------------


def test_a_bad_secret_is_refused_in_entras_words(az, tmp_path):
    said = az.refused(*az.sign_in_arguments("wrong"), AZURE_CONFIG_DIR=str(tmp_path))
    assert "AADSTS7000215" in said


def test_groups(az):
    assert az.json("group", "exists", "--name", "passing") is False
    made = az.json("group", "create", "--name", "passing", "--location", "westus", "--tags", "a=b")
    assert (made["location"], made["tags"]) == ("westus", {"a": "b"})
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert az.json("group", "exists", "--name", "passing") is True
    assert az.json("group", "show", "--name", "PASSING")["id"] == made["id"]
    assert "passing" in [group["name"] for group in az.json("group", "list")]
    az.run("group", "delete", "--name", "passing", "--yes")
    assert az.json("group", "exists", "--name", "passing") is False
    assert "ResourceGroupNotFound" in az.refused("group", "show", "--name", "passing", code=NOT_FOUND)


# --- registries -----------------------------------------------------------------------------------


def test_check_name(az, registry):
    assert az.json("acr", "check-name", "--name", "nobodyhasthis")["nameAvailable"] is True
    taken = az.json("acr", "check-name", "--name", NAME)
    assert taken["nameAvailable"] is False and taken["reason"] == "AlreadyExists"
    assert taken["message"] == f"The registry {NAME} is already in use."


def test_show_and_list(az, registry):
    shown = az.json("acr", "show", "--name", NAME)
    assert shown["id"] == registry.id and shown["resourceGroup"] == GROUP
    assert shown["type"] == "Microsoft.ContainerRegistry/registries"
    assert shown["policies"]["retentionPolicy"]["status"] == "disabled"
    assert az.json("acr", "show", "--name", NAME, "--resource-group", GROUP) == shown
    assert NAME in [entry["name"] for entry in az.json("acr", "list")]
    assert [entry["name"] for entry in az.json("acr", "list", "--resource-group", GROUP)] == [NAME]


def test_usage(az, registry):
    usage = az.json("acr", "show-usage", "--name", NAME)["value"]
    by_name = {entry["name"]: entry for entry in usage}
    assert by_name["Size"]["limit"] == 100 * 1024**3
    assert by_name["Size"]["currentValue"] > 0
    assert by_name["Webhooks"]["limit"] == 10


def test_endpoints(az, registry):
    found = az.json("acr", "show-endpoints", "--name", NAME)
    assert found["loginServer"] == f"{NAME}.azurecr.io"
    assert found["dataEndpoints"] == [{"endpoint": "*.blob.core.windows.net", "region": LOCATION}]


def test_update_and_delete(az):
    name = "azpassing"
    az.json("acr", "create", "--resource-group", GROUP, "--name", name, "--sku", "Basic")
    wrong = az.refused("acr", "update", "--name", name, "--anonymous-pull-enabled", "true")
    assert "SKU" in wrong or "sku" in wrong
    raised = az.json("acr", "update", "--name", name, "--sku", "Standard", "--tags", "step=2")
    assert (raised["sku"]["name"], raised["tags"]) == ("Standard", {"step": "2"})
    opened = az.json("acr", "update", "--name", name, "--anonymous-pull-enabled", "true")
    assert opened["anonymousPullEnabled"] is True and opened["tags"] == {"step": "2"}
    enabled = az.json("acr", "update", "--name", name, "--admin-enabled", "true")
    assert enabled["adminUserEnabled"] is True
    az.run("acr", "delete", "--name", name, "--yes")
    assert "could not be found" in az.refused("acr", "show", "--name", name)


def test_a_taken_name_is_refused(az, registry):
    az.json("group", "create", "--name", "elsewhere", "--location", "westus")
    again = ["acr", "create", "--resource-group", "elsewhere", "--name", NAME, "--sku", "Basic"]
    said = az.refused(*again)
    assert "AlreadyInUse" in said and NAME in said and "is already in use" in said


def test_what_is_not_there(az):
    # without a group az looks through a listing and says so itself
    said = az.refused("acr", "show", "--name", "nosuchregistry")
    assert "could not be found in subscription" in said
    exact = ["acr", "show", "--name", "nosuchregistry", "--resource-group", GROUP]
    assert "ResourceNotFound" in az.refused(*exact, code=NOT_FOUND)
    create = ["acr", "create", "--name", "orphanreg", "--sku", "Basic", "--resource-group", "nosuchgroup"]
    said = az.refused(*create, "--location", LOCATION, code=NOT_FOUND)
    assert "ResourceGroupNotFound" in said


def test_credentials(az, registry):
    before = az.json("acr", "credential", "show", "--name", NAME)
    renew = ["acr", "credential", "renew", "--name", NAME, "--password-name", "password2"]
    after = az.json(*renew)
    assert after["passwords"][0] == before["passwords"][0]
    assert after["passwords"][1]["value"] != before["passwords"][1]["value"]


def test_credentials_of_a_registry_without_an_admin_user(az):
    name = "azclosed"
    az.json("acr", "create", "--resource-group", GROUP, "--name", name, "--sku", "Basic")
    said = az.refused("acr", "credential", "show", "--name", name)
    assert "admin" in said.lower()
    az.run("acr", "delete", "--name", name, "--yes")


def test_login_exposes_a_token(az, registry):
    shown = az.json("acr", "login", "--name", NAME, "--expose-token")
    assert shown["loginServer"] == registry.login_server
    payload = shown.get("refreshToken") or shown["accessToken"]
    part = payload.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert claims["aud"] == registry.login_server
    assert claims["iss"] == "Azure Container Registry" and claims["grant_type"] == "refresh_token"


@pytest.mark.skipif(sys.platform == "win32", reason="the shim is a shell script")
def test_login_with_the_docker_client(az, registry, tmp_path):
    """az asks for a running daemon first; the shim says yes, and everything after that is docker's own."""
    docker = need("docker")
    shim = tmp_path / "docker-shim"
    shim.write_text(f'#!/bin/sh\n[ "$1" = ps ] && exit 0\nexec {docker} "$@"\n')
    shim.chmod(0o755)
    config = tmp_path / "config"
    config.mkdir()
    done = az.run(
        *("acr", "login", "--name", NAME),
        DOCKER_COMMAND=str(shim),
        DOCKER_CONFIG=str(config),
        DOCKER_HOST="unix:///nonexistent/docker.sock",
    )
    assert "Login Succeeded" in done.stdout
    assert registry.login_server in json.loads((config / "config.json").read_text())["auths"]


# --- content --------------------------------------------------------------------------------------


def test_repositories(az, registry):
    assert az.json("acr", "repository", "list", "--name", NAME) == ["team/app"]
    user = ["--username", registry.username, "--password", registry.password]
    assert az.json("acr", "repository", "list", "--name", NAME, *user) == ["team/app"]
    shown = az.json("acr", "repository", "show", "--name", NAME, "--repository", "team/app")
    assert shown["imageName"] == "team/app" and shown["registry"] == registry.login_server
    assert shown["manifestCount"] == 3
    expected = {"deleteEnabled": True, "listEnabled": True, "readEnabled": True, "writeEnabled": True}
    assert shown["changeableAttributes"].items() >= expected.items()
    tag = az.json("acr", "repository", "show", "--name", NAME, "--image", "team/app:v1")
    assert (tag["name"], tag["digest"]) == ("v1", registry.image["digest"])


def test_tags(az, registry):
    show = ["acr", "repository", "show-tags", "--name", NAME, "--repository", "team/app"]
    assert az.json(*show) == ["stable", "v1", "v2"]
    assert az.json(*show, "--orderby", "time_desc", "--top", "1") == ["v2"]
    detail = {entry["name"]: entry for entry in az.json(*show, "--detail")}
    assert detail["stable"]["digest"] == detail["v1"]["digest"] == registry.image["digest"]
    assert detail["v2"]["digest"] == registry.other["digest"]


def test_manifests(az, registry):
    rows = az.json("acr", "manifest", "list-metadata", "--registry", NAME, "--name", "team/app")
    by_digest = {row["digest"]: row for row in rows}
    wanted = {registry.image["digest"], registry.other["digest"], registry.signature["digest"]}
    assert set(by_digest) == wanted
    assert sorted(by_digest[registry.image["digest"]]["tags"]) == ["stable", "v1"]
    shown = az.json("acr", "manifest", "show", "--registry", NAME, "--name", "team/app:v1")
    assert shown["artifactType"] == "application/vnd.test.app"
    show = ["acr", "manifest", "show-metadata", "--registry", NAME, "--name"]
    tag = az.json(*show, "team/app:v2")
    assert (tag["name"], tag["digest"]) == ("v2", registry.other["digest"])
    entry = az.json(*show, f"team/app@{registry.other['digest']}")
    assert entry["tags"] == ["v2"] and entry["imageSize"] > 0
    refs = az.json("acr", "manifest", "list-referrers", "--registry", NAME, "--name", "team/app:v1")
    assert [row["digest"] for row in refs["manifests"]] == [registry.signature["digest"]]
    missing = ["acr", "manifest", "show", "--registry", NAME, "--name", "team/app:v99"]
    assert 'manifest tagged by "v99" is not found' in az.refused(*missing, code=NOT_FOUND)


def test_locks_hold_until_they_are_lifted(az, registry):
    az.cloud.push(registry, "locked/app", "v1", text="locked")
    update = ["acr", "repository", "update", "--name", NAME, "--image", "locked/app:v1"]
    locked = az.json(*update, "--write-enabled", "false", "--delete-enabled", "false")
    assert locked["changeableAttributes"]["writeEnabled"] is False
    assert locked["changeableAttributes"]["deleteEnabled"] is False
    delete = ["acr", "repository", "delete", "--name", NAME, "--image", "locked/app:v1", "--yes"]
    assert "disallowed" in az.refused(*delete)
    lifted = az.json(*update, "--write-enabled", "true", "--delete-enabled", "true")
    assert lifted["changeableAttributes"]["deleteEnabled"] is True
    az.run(*delete)
    az.cloud.push(registry, "locked/app", "v2", text="unlocked")
    az.run("acr", "repository", "delete", "--name", NAME, "--repository", "locked/app", "--yes")
    assert "locked/app" not in az.json("acr", "repository", "list", "--name", NAME)


def test_untag_and_delete(az, registry):
    image = az.cloud.push(registry, "brief/app", "a", "b", text="brief")
    other = az.cloud.push(registry, "brief/app", "c", text="brief too")
    az.run("acr", "repository", "untag", "--name", NAME, "--image", "brief/app:a")
    show = ["acr", "repository", "show-tags", "--name", NAME, "--repository", "brief/app"]
    assert az.json(*show) == ["b", "c"]
    az.run("acr", "repository", "delete", "--name", NAME, "--image", "brief/app:b", "--yes")
    rows = az.json("acr", "manifest", "list-metadata", "--registry", NAME, "--name", "brief/app")
    assert [row["digest"] for row in rows] == [other["digest"]] != [image["digest"]]
    exact = f"brief/app@{other['digest']}"
    az.run("acr", "manifest", "delete", "--registry", NAME, "--name", exact, "--yes")
    gone = ["acr", "repository", "show", "--name", NAME, "--repository", "brief/app"]
    assert 'repository "brief/app" is not found' in az.refused(*gone, code=NOT_FOUND)


# --- health and roles -----------------------------------------------------------------------------


def test_check_health_as_far_as_a_proxy_allows(az, registry):
    """It looks the name up in DNS, which no proxy can answer for; what it says of docker is this machine's."""
    done = az.tool.run(
        *("acr", "check-health", "--name", NAME, "--ignore-errors", "--yes"),
        env=az.env,
        check=False,
        timeout=SECONDS,
    )
    said = done.stdout + done.stderr
    assert "CONNECTIVITY_DNS_ERROR" in said
    assert "CONNECTIVITY_CHALLENGE_ERROR" not in said and "Traceback" not in said


def test_roles(az, registry):
    reader = next(entry for entry in az.cloud.emulator.describe()["principals"] if "reader" in str(entry).lower())
    object_id = reader.get("id") or reader["object_id"]
    who = ["--assignee-object-id", object_id, "--assignee-principal-type", reader_kind(reader)]
    grant = [*who, "--role", "AcrPull", "--scope", registry.id]
    made = az.json("role", "assignment", "create", *grant)
    assert made["scope"] == registry.id and made["principalId"] == object_id
    rows = az.json("role", "assignment", "list", "--scope", registry.id)
    mine = [row for row in rows if row["principalId"] == object_id]
    assert [row["roleDefinitionName"] for row in mine] == ["AcrPull"]
    (role,) = az.json("role", "definition", "list", "--name", "AcrPull")
    assert role["roleName"] == "AcrPull" and role["name"] == "7f951dda-4ed3-4680-a7ca-43fe172d538d"
    az.run("role", "assignment", "delete", "--ids", made["id"])
    rows = az.json("role", "assignment", "list", "--scope", registry.id)
    assert object_id not in [row["principalId"] for row in rows]


def reader_kind(principal: dict[str, str]) -> str:
    kind = str(principal.get("kind") or principal.get("type") or "")
    return "User" if "user" in kind.lower() else "ServicePrincipal"


# --- what is not emulated -------------------------------------------------------------------------


def test_what_is_not_emulated_says_so(az):
    said = az.refused("vm", "list")
    assert "does not emulate" in said and "Microsoft.Compute/virtualMachines" in said
