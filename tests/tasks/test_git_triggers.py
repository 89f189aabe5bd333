"""From a push to a run: repositories of this world's git hosts, their webhooks, and the tasks that wait for them."""

from collections.abc import Iterator

import pytest
from azure.core.exceptions import HttpResponseError

from acrlab.domain import hosting
from acrlab.engine.hosting import contents, hooks, pulls, pushes, repositories, tokens
from tests.tasks.conftest import GROUP, NAME
from tests.tasks.test_triggers import create, runs_of, why

URL = "https://github.com/contoso/app.git"


class Repository:
    """contoso/app with a Dockerfile, and a token of its owner."""

    def __init__(self, lab, *, private: bool = False) -> None:
        self.lab, self.world = lab, lab.world
        place = hosting.github("contoso", "app")
        self.hosted = repositories.create(self.world, place, "tester", private=private)
        self.token = tokens.issue(self.world, place.host, "contoso", "tester")
        self.push("Dockerfile", b"FROM scratch\n")

    def push(self, path: str, data: bytes, branch: str = "main") -> str:
        """One commit with one file."""
        with self.world.lock:
            known = self.hosted.refs.get(f"refs/heads/{branch}", "")
            with self.world.git.open(self.hosted.id) as objects:
                sha = objects.blob(known, path) if known else ""
            edit = contents.Edit(branch, path, data, f"write {path}", sha or None)
            return contents.edited(self.world, self.hosted, edit, "contoso")[0]

    def trigger(self, *events: str, token: str = "", branch: str = "main", **more):
        source = {
            "sourceControlType": "Github", "repositoryUrl": URL, "branch": branch,
            "sourceControlAuthProperties": {"tokenType": "PAT", "token": token or self.token},
        }  # fmt: skip
        return {"name": "s", "sourceTriggerEvents": list(events), "sourceRepository": source, **more}

    def task(self, name: str, *triggers) -> None:
        create(self.lab, name, f"{URL}#main", sourceTriggers=list(triggers))


@pytest.fixture
def repository(lab) -> Iterator[Repository]:
    yield Repository(lab)


def test_a_push_becomes_a_run_of_what_was_pushed(lab, repository):
    repository.task("build", repository.trigger("commit"))
    (hook,) = repository.hosted.hooks.values()
    assert hook.kinds == ["push"] and NAME in hook.url
    commit = repository.push("app.txt", b"1\n")
    (run,) = runs_of(lab, "build")
    assert run.status == "Succeeded" and run.run_type == "AutoBuild"
    assert (run.source_trigger.commit_id, run.source_trigger.branch_name) == (commit, "main")
    assert run.source_trigger.repository_url == URL and commit in lab.log(run.run_id).text
    assert [each["kind"] for each in hook.told] == ["push"]
    lab.sdk.tasks.delete(GROUP, NAME, "build")
    assert not repository.hosted.hooks


def test_why_a_push_did_not_lead_to_a_run(lab, repository):
    repository.task("build", repository.trigger("commit"))
    with lab.world.lock:
        hooks.remove(lab.world, repository.hosted, next(iter(repository.hosted.hooks)), "tester")
    repository.push("app.txt", b"1\n")
    assert runs_of(lab, "build") == [] and "no webhook of this task" in why(lab, "build").because[1]
    change = {"properties": {"trigger": {"sourceTriggers": [repository.trigger("commit")]}}}
    lab.sdk.tasks.update(GROUP, NAME, "build", change)
    repository.push("app.txt", b"2\n")
    assert len(runs_of(lab, "build")) == 1
    off = {"properties": {"trigger": {"sourceTriggers": [repository.trigger("commit", status="Disabled")]}}}
    lab.sdk.tasks.update(GROUP, NAME, "build", off)
    assert not repository.hosted.hooks
    repository.push("app.txt", b"3\n")
    assert len(runs_of(lab, "build")) == 1 and "the trigger is disabled" in why(lab, "build").because[1]


def test_pull_requests_lead_to_runs_when_they_are_asked_for(lab, repository):
    repository.task("commits", repository.trigger("commit"))
    repository.task("merges", repository.trigger("pullrequest"))
    with lab.world.lock:
        main = repository.hosted.refs["refs/heads/main"]
        with lab.world.git.open(repository.hosted.id) as objects:
            found = pushes.examine(objects, [pushes.Move(hosting.NOTHING, main, "refs/heads/topic")])
        pushes.decide(lab.world, repository.hosted, found, "contoso", atomic=False)
    tip = repository.push("new.txt", b"1\n", "topic")
    with lab.world.lock:
        made = pulls.open_(lab.world, repository.hosted, {"title": "New", "head": "topic", "base": "main"}, "contoso")
    (run,) = runs_of(lab, "merges")
    assert run.source_trigger.pull_request_id == "1" and run.source_trigger.commit_id == tip
    assert run.source_trigger.event_type == "pullrequest" and run.status == "Succeeded"
    assert runs_of(lab, "commits") == []
    with lab.world.lock:
        merged = pulls.merge(lab.world, repository.hosted, made["number"], {}, "contoso")
    (run,) = runs_of(lab, "commits")
    assert run.source_trigger.commit_id == merged


def test_a_token_that_does_not_hold_is_refused_in_acrs_words(lab, repository):
    no_hooks = tokens.issue(lab.world, hosting.GITHUB, "contoso", "t", scopes=["repo:status", "public_repo"])
    for token, status, code in (("ghp_wrong", 409, "Unauthorized"), (no_hooks, 404, "Not Found")):
        with pytest.raises(HttpResponseError) as refused:
            repository.task("build", repository.trigger("commit", token=token))
        assert refused.value.status_code == status
        assert f"Failed to create webhook for repository: '{URL}'" in str(refused.value)
        assert f"Code: {code}" in str(refused.value)
    assert not repository.hosted.hooks
    assert [each.name for each in lab.sdk.tasks.list(GROUP, NAME)] == []


def test_a_private_repository_is_read_with_the_token_of_the_step(lab):
    repository = Repository(lab, private=True)
    create(lab, "closed", f"{URL}#main", sourceTriggers=[repository.trigger("commit")])
    repository.push("a.txt", b"1\n")
    (run,) = runs_of(lab, "closed")
    assert run.status == "Failed" and "failed to download context" in lab.log(run.run_id).text
