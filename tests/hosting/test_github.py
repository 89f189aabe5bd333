"""api.github.com: pull requests, hooks, files and statuses, and who may."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from acrlab.domain import hosting
from acrlab.emulator import Emulator
from acrlab.engine.hosting import tokens
from tests.hosting.conftest import Git, Host, committed

API = "https://api.github.com"


class Api:
    """The API, as somebody with a token."""

    def __init__(self, emulator: Emulator, token: str = "") -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.proxies = {"https": emulator.environment()["HTTPS_PROXY"]}
        self.session.verify = str(emulator.bundle)
        if token:
            self.session.headers["authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, body: Any = None, expect: int = 200, raw: bytes | None = None) -> Any:
        url = path if path.startswith("https:") else f"{API}{path}"
        answer = self.session.request(method, url, json=body, data=raw, timeout=30)
        assert answer.status_code == expect, (method, path, answer.status_code, answer.text)
        self.headers = answer.headers
        return answer.json() if answer.content else None


REPO = "/repos/contoso/app"


@pytest.fixture
def api(emulator: Emulator, host: Host) -> Iterator[Api]:
    found = Api(emulator, host.token)
    yield found
    found.session.close()


def put(api: Api, path: str, text: str, expect: int = 201, **more: Any) -> Any:
    content = base64.b64encode(text.encode()).decode()
    return api.ask("PUT", f"{REPO}/contents/{path}", {"message": f"write {path}", "content": content, **more}, expect)


def test_files_are_written_without_git(api: Api, host: Host, git: Git) -> None:
    first = put(api, "Dockerfile", "FROM scratch\n")["commit"]["sha"]
    put(api, "src/app.py", "1\n")
    sha = api.ask("GET", f"{REPO}/contents/src/app.py")["sha"]
    put(api, "src/app.py", "2\n", 422)
    put(api, "src/app.py", "2\n", 409, sha="0" * 40)
    put(api, "src/app.py", "2\n", 200, sha=sha)
    assert base64.b64decode(api.ask("GET", f"{REPO}/contents/src/app.py")["content"]) == b"2\n"
    api.ask("GET", f"{REPO}/contents/nothing", expect=404)
    for path in ("..%2fx", ".git/config", "a//b", "src"):
        put(api, path, "x", 400 if path == "src" else 422)
    sha = api.ask("GET", f"{REPO}/contents/src/app.py")["sha"]
    api.ask("DELETE", f"{REPO}/contents/src/app.py", {"message": "gone", "sha": sha})
    git.run("clone", "-q", host.url, "c")
    assert git.run("ls-files", cwd=git.folder("c")) == "Dockerfile"
    git.run("fsck", "--full", "--strict", cwd=git.folder("c"))
    found = api.ask("GET", f"{REPO}/commits?per_page=2")
    assert [each["commit"]["message"] for each in found] == ["gone", "write src/app.py"]
    assert 'rel="next"' in api.headers["link"]
    assert api.ask("GET", f"{REPO}/commits/{first}")["files"] == [{"filename": "Dockerfile"}]
    assert api.ask("GET", f"{REPO}/branches/main")["commit"]["sha"] == host.hosted.refs["refs/heads/main"]


def branch(api: Api, git: Git, host: Host, work: Path, name: str, file: str, text: str) -> str:
    git.run("checkout", "-q", "-B", name, "origin/main", cwd=work)
    tip = committed(git, work, file, text)
    git.run("push", "-q", "origin", name, cwd=work)
    return tip


def test_a_pull_request_is_opened_pushed_to_and_merged(api: Api, git: Git, host: Host, work: Path) -> None:
    branch(api, git, host, work, "feature", "a.txt", "a\n")
    made = api.ask("POST", f"{REPO}/pulls", {"title": "A", "head": "contoso:feature", "base": "main"}, 201)
    assert (made["number"], made["state"], made["head"]["ref"]) == (1, "open", "feature")
    api.ask("POST", f"{REPO}/pulls", {"title": "A", "head": "feature", "base": "main"}, 422)
    tip = committed(git, work, "b.txt", "b\n")
    git.run("push", "-q", "origin", "feature", cwd=work)
    assert api.ask("GET", f"{REPO}/pulls/1")["head"]["sha"] == tip
    assert [each["filename"] for each in api.ask("GET", f"{REPO}/pulls/1/files")] == ["a.txt", "b.txt"]
    assert len(api.ask("GET", f"{REPO}/pulls/1/commits")) == 2
    git.run("fetch", "-q", host.url, "refs/pull/1/head", cwd=work)
    assert git.run("rev-parse", "FETCH_HEAD", cwd=work) == tip
    api.ask("GET", f"{REPO}/pulls/1/merge", expect=404)
    api.ask("PUT", f"{REPO}/pulls/1/merge", {"sha": "1" * 40}, 409)
    merged = api.ask("PUT", f"{REPO}/pulls/1/merge", {})["sha"]
    api.ask("GET", f"{REPO}/pulls/1/merge", expect=204)
    api.ask("PUT", f"{REPO}/pulls/1/merge", {}, 405)
    git.run("clone", "-q", host.url, "after")
    assert git.run("rev-parse", "HEAD", cwd=git.folder("after")) == merged
    assert git.run("log", "--format=%s", "-1", cwd=git.folder("after")) == "Merge pull request #1 from contoso/feature"
    assert len(git.run("log", "--format=%P", "-1", cwd=git.folder("after")).split()) == 2
    git.run("fsck", "--full", "--strict", cwd=git.folder("after"))
    actions = [event.action for event in host.world.events() if type(event).__name__ == "PullRequestMoved"]
    assert actions == ["opened", "synchronize", "merged"]
    assert api.ask("GET", f"{REPO}/pulls") == [] and len(api.ask("GET", f"{REPO}/pulls?state=closed")) == 1


def test_squash_conflicts_and_ends(api: Api, git: Git, host: Host, work: Path) -> None:
    branch(api, git, host, work, "one", "same.txt", "one\n")
    branch(api, git, host, work, "two", "same.txt", "two\n")
    branch(api, git, host, work, "three", "other.txt", "three\n")
    for name in ("one", "two", "three"):
        api.ask("POST", f"{REPO}/pulls", {"title": name, "head": name, "base": "main"}, 201)
    merged = api.ask("PUT", f"{REPO}/pulls/1/merge", {"merge_method": "squash"})["sha"]
    assert len(api.ask("GET", f"{REPO}/commits/{merged}")["parents"]) == 1
    assert api.ask("PUT", f"{REPO}/pulls/2/merge", {}, 405)["message"] == "Pull Request is not mergeable"
    api.ask("PUT", f"{REPO}/pulls/3/merge", {"merge_method": "rebase"}, 501)
    api.ask("PUT", f"{REPO}/pulls/3/merge", {"merge_method": "magic"}, 422)
    api.ask("PATCH", f"{REPO}/pulls/2", {"state": "closed", "title": "no"})
    assert api.ask("PATCH", f"{REPO}/pulls/2", {"state": "open"})["state"] == "open"
    git.run("push", "-q", "origin", ":two", cwd=work)
    assert api.ask("GET", f"{REPO}/pulls/2")["state"] == "closed"
    api.ask("PATCH", f"{REPO}/pulls/2", {"state": "open"}, 422)
    api.ask("PATCH", f"{REPO}/pulls/9", {"state": "open"}, 404)
    for body in ({}, {"title": "x", "head": "nowhere", "base": "main"}, {"title": "x", "head": "main", "base": "main"}):
        api.ask("POST", f"{REPO}/pulls", body, 422)


def test_hooks_hear_of_pushes_and_pull_requests(api: Api, git: Git, host: Host, work: Path) -> None:
    config = {"url": "https://example.com/hook", "content_type": "json", "secret": "s3cret"}
    made = api.ask("POST", f"{REPO}/hooks", {"config": config, "events": ["push", "pull_request"]}, 201)
    assert made["config"]["secret"] == "********"
    api.ask("POST", f"{REPO}/hooks", {"config": config, "events": ["push", "pull_request"]}, 422)
    for wrong in ({}, {"config": {"url": "nowhere"}}, {"config": config, "events": ["magic"]}, {"config": 7}):
        api.ask("POST", f"{REPO}/hooks", wrong, 422)
    tip = branch(api, git, host, work, "feature", "a.txt", "a\n")
    api.ask("POST", f"{REPO}/pulls", {"title": "A", "head": "feature", "base": "main"}, 201)
    told = api.ask("GET", f"{REPO}/hooks/{made['id']}/deliveries")
    assert [(each["event"], each["action"]) for each in told] == [("pull_request", "opened"), ("push", None)]
    push = told[1]["request"]["payload"]
    assert (push["ref"], push["after"], push["created"]) == ("refs/heads/feature", tip, True)
    assert told[0]["status"] == "recorded, not sent"
    api.ask("PATCH", f"{REPO}/hooks/{made['id']}", {"active": False})
    git.run("push", "-q", "origin", ":feature", cwd=work)
    assert len(api.ask("GET", f"{REPO}/hooks/{made['id']}/deliveries")) == 2
    api.ask("DELETE", f"{REPO}/hooks/{made['id']}", expect=204)
    api.ask("GET", f"{REPO}/hooks/{made['id']}", expect=404)


def test_statuses(api: Api, host: Host) -> None:
    sha = put(api, "a", "a")["commit"]["sha"]
    api.ask("POST", f"{REPO}/statuses/{sha}", {"state": "pending", "context": "acr"}, 201)
    assert api.ask("GET", f"{REPO}/commits/main/status")["state"] == "pending"
    api.ask("POST", f"{REPO}/statuses/{sha}", {"state": "success", "context": "acr", "description": "built"}, 201)
    assert api.ask("GET", f"{REPO}/commits/main/status")["state"] == "success"
    assert [each["state"] for each in api.ask("GET", f"{REPO}/commits/{sha}/statuses")] == ["success", "pending"]
    api.ask("POST", f"{REPO}/statuses/{sha}", {"state": "fine"}, 422)
    api.ask("POST", f"{REPO}/statuses/{'1' * 40}", {"state": "success"}, 404)


def test_who_may(api: Api, host: Host, emulator: Emulator) -> None:
    put(api, "a", "a")
    nobody = Api(emulator)
    assert nobody.ask("GET", REPO)["full_name"] == "contoso/app"
    nobody.ask("GET", f"{REPO}/hooks", expect=401)
    nobody.ask("GET", "/user", expect=401)
    assert Api(emulator, "ghp_wrong").ask("GET", REPO, expect=401)["message"] == "Bad credentials"
    small = Api(emulator, tokens.issue(emulator.world, hosting.GITHUB, "contoso", "t", scopes=["public_repo"]))
    assert small.ask("GET", f"{REPO}/hooks", expect=404)["message"] == "Not Found"
    put(small, "b", "b")
    other = Api(emulator, tokens.issue(emulator.world, hosting.GITHUB, "fabrikam", "t"))
    put(other, "c", "c", 403)
    assert other.ask("GET", "/user")["login"] == "fabrikam"
    Host(emulator, hosting.github("contoso", "secret"), private=True)
    nobody.ask("GET", "/repos/contoso/secret", expect=404)
    other.ask("GET", "/repos/contoso/secret", expect=404)
    api.ask("GET", "/repos/contoso/secret")
    api.ask("GET", "/repos/contoso/nowhere", expect=404)


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff", b"null", b"[" * 5000])
def test_bodies_that_are_none(api: Api, raw: bytes) -> None:
    for method, path in (("POST", "pulls"), ("POST", "hooks"), ("PUT", "contents/x"), ("POST", f"statuses/{'1' * 40}")):
        answer = api.session.request(method, f"{API}{REPO}/{path}", data=raw, timeout=30)
        assert 400 <= answer.status_code < 500, (method, path, answer.status_code, answer.text)
