"""`az` 2.91 on management locks: at a registry, a group, the subscription. Each test ends with what then is."""

import pytest

from tests.peers.test_az import Az

pytestmark = pytest.mark.peers

GROUP = "locks"
NAME = "lockspeer"
TYPE = "Microsoft.ContainerRegistry/registries"
ON = ("--resource-group", GROUP, "--resource-name", NAME, "--resource-type", TYPE)


@pytest.fixture(scope="module")
def az(az) -> Az:
    az.json("acr", "create", "--resource-group", GROUP, "--name", NAME, "--sku", "Basic", "--admin-enabled")
    return az


def test_a_registry_that_cannot_be_deleted(az):
    made = az.json("lock", "create", "--name", "keep", "--lock-type", "CanNotDelete", "--notes", "prod", *ON)
    assert (made["level"], made["notes"], made["resourceGroup"]) == ("CanNotDelete", "prod", GROUP)
    for deleting in (("acr", "delete", "--name", NAME, "--yes"), ("group", "delete", "--name", GROUP, "--yes")):
        said = az.refused(*deleting)
        assert "(ScopeLocked)" in said and f"registries/{NAME}'" in said and "Please remove the lock" in said
    az.json("acr", "update", "--name", NAME, "--tags", "kept=yes")
    assert [each["name"] for each in az.json("lock", "list", "--resource-group", GROUP)] == ["keep"]
    assert az.json("lock", "show", "--name", "keep", *ON)["id"] == made["id"]
    az.run("lock", "delete", "--ids", made["id"])
    assert az.json("lock", "list") == []
    assert az.json("acr", "show", "--name", NAME)["tags"] == {"kept": "yes"}


def test_a_registry_that_can_only_be_read(az):
    secrets = az.json("acr", "credential", "show", "--name", NAME)
    az.json("resource", "lock", "create", "--name", "still", "--lock-type", "ReadOnly", *ON)
    for changing in (("acr", "update", "--name", NAME, "--tags", "a=b"), ("acr", "credential", "show", "--name", NAME)):
        assert "(ScopeLocked)" in az.refused(*changing)
    registry = _Home(az.json("acr", "show", "--name", NAME)["loginServer"], secrets)
    az.cloud.push(registry, "team/app", "v1")  # the data plane does not know of locks
    credentials = ("--username", registry.username, "--password", registry.password)
    assert az.json("acr", "repository", "list", "--name", NAME, *credentials) == ["team/app"]
    assert az.json("lock", "update", "--name", "still", "--lock-type", "CanNotDelete", *ON)["level"] == "CanNotDelete"
    az.json("acr", "update", "--name", NAME, "--tags", "a=b")
    az.run("resource", "lock", "delete", "--name", "still", *ON)
    assert az.json("resource", "lock", "list", *ON) == []


def test_locks_of_a_group_and_of_the_subscription(az):
    az.json("group", "lock", "create", "--name", "mine", "--lock-type", "ReadOnly", "--resource-group", GROUP)
    said = az.refused("acr", "create", "--resource-group", GROUP, "--name", "lockspeer2", "--sku", "Basic")
    assert "(ScopeLocked)" in said and f"resourceGroups/{GROUP}'" in said
    az.run("group", "lock", "delete", "--name", "mine", "--resource-group", GROUP)
    az.json("account", "lock", "create", "--name", "all", "--lock-type", "CanNotDelete")
    assert [each["name"] for each in az.json("account", "lock", "list")] == ["all"]
    assert "(ScopeLocked)" in az.refused("acr", "delete", "--name", NAME, "--yes")
    az.run("account", "lock", "delete", "--name", "all")
    az.run("acr", "delete", "--name", NAME, "--yes")
    assert az.json("acr", "list", "--resource-group", GROUP) == []


class _Home:
    """A registry as the cloud's push wants it."""

    def __init__(self, login_server: str, secrets: dict) -> None:
        self.login_server, self.username = login_server, secrets["username"]
        self.password = secrets["passwords"][0]["value"]
