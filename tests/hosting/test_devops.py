"""The API of Azure DevOps, and who may."""

from collections.abc import Iterator

import pytest

from acrlab.domain import hosting
from acrlab.emulator import Emulator
from acrlab.engine.hosting import tokens
from tests.hosting.conftest import Git, Host, committed
from tests.hosting.test_github import Api

API = "https://dev.azure.com/contoso"
REPO = f"{API}/web%20shop/_apis/git/repositories/app"
HOOKS = f"{API}/_apis/hooks/subscriptions"


@pytest.fixture
def host(emulator: Emulator) -> Host:
    return Host(emulator, hosting.devops("contoso", "web shop", "app"), private=True)


@pytest.fixture
def api(emulator: Emulator, host: Host) -> Iterator[Api]:
    found = Api(emulator)
    found.session.auth = ("", host.token)
    yield found
    found.session.close()


def test_a_pull_request_is_opened_and_completed(api: Api, host: Host, git: Git) -> None:
    git.run("clone", "-q", host.mine, "work")
    work = git.folder("work")
    committed(git, work, "Dockerfile", "FROM scratch\n")
    git.run("push", "-q", "origin", "HEAD:main", cwd=work)
    git.run("checkout", "-q", "-b", "feature", cwd=work)
    tip = committed(git, work, "a.txt", "a\n")
    git.run("push", "-q", "origin", "feature", cwd=work)
    ask = {"sourceRefName": "refs/heads/feature", "targetRefName": "refs/heads/main", "title": "A"}
    made = api.ask("POST", f"{REPO}/pullrequests?api-version=7.1", ask, 201)
    assert (made["pullRequestId"], made["status"], made["lastMergeSourceCommit"]["commitId"]) == (1, "active", tip)
    assert api.ask("PATCH", f"{REPO}/pullrequests/1", {"status": "abandoned"})["status"] == "abandoned"
    assert api.ask("GET", f"{REPO}/pullrequests")["count"] == 0
    api.ask("PATCH", f"{REPO}/pullrequests/1", {"status": "active"})
    api.ask("PATCH", f"{REPO}/pullrequests/1", {"status": "magic"}, 422)
    wish = {"status": "completed", "lastMergeSourceCommit": {"commitId": tip}}
    done = api.ask("PATCH", f"{REPO}/pullrequests/1", wish)
    assert done["status"] == "completed"
    merged = done["lastMergeCommit"]["commitId"]
    assert api.ask("GET", f"{REPO}/refs?filter=heads/main")["value"] == [
        {"name": "refs/heads/main", "objectId": merged}
    ]
    assert api.ask("GET", f"{REPO}/commits")["value"][0]["commitId"] == merged
    by_id = api.ask("GET", f"{API}/web%20shop/_apis/git/repositories/{host.hosted.id}")
    assert by_id["remoteUrl"] == host.url
    api.ask("POST", f"{REPO}/commits/{merged}/statuses", {"state": "succeeded", "context": {"name": "acr"}}, 201)
    assert api.ask("GET", f"{REPO}/commits/{merged}/statuses")["value"][0]["state"] == "succeeded"


def test_subscriptions_hear_of_pushes(api: Api, host: Host, git: Git) -> None:
    ask = {
        "publisherId": "tfs", "eventType": "git.push", "consumerId": "webHooks", "consumerActionId": "httpRequest",
        "publisherInputs": {"repository": host.hosted.id}, "consumerInputs": {"url": "https://example.com/hook"},
    }  # fmt: skip
    made = api.ask("POST", HOOKS, ask)
    assert api.ask("GET", HOOKS)["value"] == [made]
    git.run("clone", "-q", host.mine, "work")
    committed(git, git.folder("work"), "a.txt", "a\n")
    git.run("push", "-q", "origin", "HEAD:main", cwd=git.folder("work"))
    told = next(iter(host.hosted.hooks.values())).told
    assert [each["content"]["eventType"] for each in told] == ["git.push"]
    for wrong in ({}, {**ask, "eventType": "build.complete"}, {**ask, "publisherInputs": {"repository": "x"}}):
        api.ask("POST", HOOKS, wrong, 400 if wrong.get("eventType") != "git.push" else 404)
    api.ask("DELETE", f"{HOOKS}/{made['id']}", expect=204)
    api.ask("DELETE", f"{HOOKS}/{made['id']}", expect=404)


def test_who_may(api: Api, host: Host, emulator: Emulator) -> None:
    nobody = Api(emulator)
    assert "message" in nobody.ask("GET", REPO, expect=401)
    nobody.ask("GET", HOOKS, expect=401)
    assert "TF401019" in api.ask("GET", REPO.replace("/app", "/nowhere"), expect=404)["message"]
    reader = Api(emulator)
    reader.session.auth = ("", tokens.issue(emulator.world, hosting.DEVOPS, "contoso", "t", scopes=["vso.code"]))
    reader.ask("GET", f"{REPO}/pullrequests")
    assert "TF401027" in reader.ask("POST", f"{REPO}/pullrequests", {}, 403)["message"]
    other = Api(emulator)
    other.session.auth = ("", tokens.issue(emulator.world, hosting.DEVOPS, "fabrikam", "t"))
    other.ask("GET", REPO, expect=404)
    other.ask("GET", HOOKS, expect=404)
    for raw in (b"{", b"[]", b"\xff"):
        for method, path in (("POST", f"{REPO}/pullrequests"), ("POST", HOOKS)):
            assert api.session.request(method, path, data=raw, timeout=30).status_code == 400
