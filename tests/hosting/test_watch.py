"""What ACR does at a git host: a webhook with somebody's token, the events that reach it, and the context of a run."""

from pathlib import Path

import pytest

from acrlab.agents import git_source
from acrlab.agents.runner.services import SourceFailed
from acrlab.domain import hosting
from acrlab.domain.hosting_errors import HostedInvalid, SourceNotThere, SourceWatchFailed
from acrlab.domain.tasks.run import Source
from acrlab.emulator import Emulator
from acrlab.engine.hosting import hooks, tokens, watch
from tests.hosting.conftest import Git, Host, committed

TASK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r/tasks/build"
KINDS = [watch.COMMIT, watch.PULL_REQUEST]


def watched(host: Host, token: str, url: str = "") -> None:
    event = watch.watched(host.world, url or host.url, token, KINDS, TASK, "https://r.azurecr.io/hook")
    host.world.commit(event)


def test_a_task_gets_a_hook_and_hears(git: Git, host: Host, work: Path) -> None:
    watched(host, host.token, f"{host.url}#main:src")
    hook = watch.hook(host.world, host.place.key, TASK)
    assert hook is not None and hook.kinds == ["push", "pull_request"]
    watched(host, host.token)
    assert len(host.hosted.hooks) == 1, "the same task asks again, and has one hook still"
    tip = committed(git, work, "src/a.txt", "a\n")
    git.run("tag", "v1", cwd=work)
    git.run("push", "-q", "origin", "main", "v1", cwd=work)
    moved = [event for event in host.world.events() if type(event).__name__ == "RefMoved"]
    told = [watch.commit(host.world, event) for event in moved]
    assert told[-2:] == [
        watch.SourceEvent(host.place.key, host.url, "commit", "main", tip, ("src/a.txt",), "contoso"), None,
    ]  # fmt: skip
    host.world.commit(*watch.unwatched(host.world, TASK))
    assert watch.hook(host.world, host.place.key, TASK) is None


def test_wrong_tokens_are_told_as_acr_tells_them(emulator: Emulator, host: Host) -> None:
    for token, code, status in (
        ("ghp_wrong", "Unauthorized", 409),
        (tokens.issue(emulator.world, hosting.GITHUB, "contoso", "t", scopes=["repo:status"]), "Not Found", 404),
        (tokens.issue(emulator.world, hosting.GITHUB, "fabrikam", "t"), "Not Found", 404),
    ):
        with pytest.raises(SourceWatchFailed) as refused:
            watched(host, token)
        assert refused.value.status == status and refused.value.fields["details"][0]["code"] == code
        assert refused.value.text.startswith(f"Failed to create webhook for repository: '{host.url}'.")
    with pytest.raises(SourceNotThere):
        watched(host, host.token, "https://github.com/contoso/nowhere.git")
    with pytest.raises(SourceWatchFailed):
        watched(host, host.token, "https://gitlab.com/contoso/app.git")
    azure = Host(emulator, hosting.devops("contoso", "shop", "app"))
    status = tokens.issue(emulator.world, hosting.DEVOPS, "contoso", "t", scopes=["vso.code_status"])
    with pytest.raises(SourceWatchFailed) as refused:
        watched(azure, status)
    assert "Edit Subscription" in refused.value.text and refused.value.fields["host"] == "VisualStudioTeamService"
    watched(azure, tokens.issue(emulator.world, hosting.DEVOPS, "contoso", "t", scopes=["vso.code"]))


def test_hooks_have_a_number(emulator: Emulator, host: Host) -> None:
    for number in range(hooks.MOST):
        hooks.put(emulator.world, host.hosted, f"https://example.com/{number}", ["push"], "t")
    with pytest.raises(HostedInvalid):
        hooks.put(emulator.world, host.hosted, "https://example.com/more", ["push"], "t")


def fetched(host: Host, tmp_path: Path, url: str, token: str = "", commit: str = "") -> tuple[str, set[str]]:
    target = tmp_path / f"t{len(list(tmp_path.iterdir()))}"
    assert git_source.lies_here(host.world, url)
    found = git_source.fetch(host.world, Source(url=url, token=token, commit=commit), target)
    return found, {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}


def test_a_context_is_a_commit_and_a_folder(git: Git, host: Host, work: Path, tmp_path: Path) -> None:
    first = git.run("rev-parse", "HEAD", cwd=work)
    tip = committed(git, work, "src/deep/a.txt", "a\n")
    git.run("tag", "-a", "v1", "-m", "one", cwd=work)
    git.run("push", "-q", "origin", "main", "v1", cwd=work)
    whole = {"Dockerfile", "src/deep/a.txt"}
    out = tmp_path / "out"
    out.mkdir()
    assert fetched(host, out, host.url) == (tip, whole)
    assert fetched(host, out, f"{host.url}#v1") == (tip, whole)
    assert fetched(host, out, f"{host.url}#:src/deep") == (tip, {"a.txt"})
    assert fetched(host, out, f"{host.url}#main:src") == (tip, {"deep/a.txt"})
    assert fetched(host, out, f"{host.url}#{first}") == (first, {"Dockerfile"})
    assert fetched(host, out, f"{host.url}#main", commit=first) == (first, {"Dockerfile"})
    for url in ("#nowhere", "#main:nowhere", "#main:../..", "#:Dockerfile"):
        with pytest.raises(SourceFailed, match="failed to download context"):
            fetched(host, out, f"{host.url}{url}")
    assert not git_source.lies_here(host.world, "https://example.com/x.git")
    assert not git_source.lies_here(host.world, "https://dev.azure.com/contoso/shop/_git/app")


def test_a_private_context_needs_its_token(emulator: Emulator, tmp_path: Path) -> None:
    host = Host(emulator, hosting.github("contoso", "secret"), private=True)
    folder = tmp_path / "source"
    folder.mkdir()
    for token in ("", "ghp_wrong", tokens.issue(emulator.world, hosting.GITHUB, "fabrikam", "t")):
        with pytest.raises(SourceFailed):
            fetched(host, folder, host.url, token)
    with emulator.world.git.open(host.hosted.id) as objects:
        (folder / "Dockerfile").write_text("FROM scratch\n")
        new = objects.record(str(folder), "", "m", "contoso", 1_790_000_000)
    assert fetched(host, tmp_path, host.mine, commit=new)[1] == {"Dockerfile"}
    assert fetched(host, tmp_path, host.url, host.token, new)[1] == {"Dockerfile"}
