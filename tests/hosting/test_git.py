"""git as people have it: cloned, pushed, pulled, tagged, forced, shallow, by token, over a restart."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from acrlab.client.control import Control
from acrlab.domain import hosting
from acrlab.emulator import Emulator
from acrlab.engine.hosting import tokens
from tests.hosting.conftest import Git, Host, change, committed

VERSIONS = ("0", "1", "2")


def test_an_empty_repository_is_cloned(git: Git, host: Host) -> None:
    assert "You appear to have cloned an empty repository" in git.run("clone", host.url, "empty")
    assert git.run("symbolic-ref", "HEAD", cwd=git.folder("empty")) == "refs/heads/main"


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_pushed_is_what_is_cloned(git: Git, host: Host, work: Path, version: str) -> None:
    change(work, "big.bin", "")
    (work / "big.bin").write_bytes(os.urandom(3_000_000))
    tip = committed(git, work, "src/app.py", "print('hello')\n")
    git.run("-c", f"protocol.version={version}", "push", "origin", "main", cwd=work)
    assert host.hosted.refs["refs/heads/main"] == tip
    git.run("-c", f"protocol.version={version}", "clone", "-q", host.url, "other")
    other = git.folder("other")
    assert git.run("rev-parse", "HEAD", cwd=other) == tip
    assert git.run("fsck", "--full", "--strict", cwd=other) in ("", "notice: HEAD points to an unborn branch (main)")
    assert (other / "big.bin").read_bytes() == (work / "big.bin").read_bytes()


@pytest.mark.parametrize("version", VERSIONS)
def test_pulls_bring_what_is_new_and_no_more(git: Git, host: Host, work: Path, version: str) -> None:
    other = git.folder("other")
    git.run("clone", "-q", host.url, str(other))
    for number in range(40):
        committed(git, work, f"{number}.txt", f"{number}\n")
    git.run("push", "-q", "origin", "main", cwd=work)
    committed(git, other, "mine.txt", "not pushed\n")
    git.run("-c", f"protocol.version={version}", "-c", "transfer.unpackLimit=1", "pull", "-q", "--rebase", cwd=other)
    assert (other / "39.txt").read_text() == "39\n"
    packs = git.run("count-objects", "-v", cwd=other)
    assert "in-pack: 12" in packs, packs  # forty commits, trees and files, and the three that were there before


def test_branches_and_tags_come_and_go(git: Git, host: Host, work: Path) -> None:
    git.run("checkout", "-q", "-b", "feature/one", cwd=work)
    committed(git, work, "one.txt", "1\n")
    git.run("tag", "-a", "v1", "-m", "the first", cwd=work)
    git.run("tag", "light", cwd=work)
    git.run("push", "-q", "origin", "feature/one", "v1", "light", cwd=work)
    seen = git.run("ls-remote", host.url)
    tip = git.run("rev-parse", "HEAD", cwd=work)
    assert f"{tip}\trefs/heads/feature/one" in seen and f"{tip}\trefs/tags/v1^{{}}" in seen
    git.run("clone", "-q", "--branch", "v1", "--depth", "1", host.url, "tagged")
    assert git.run("rev-parse", "HEAD", cwd=git.folder("tagged")) == tip
    git.run("push", "-q", "origin", ":feature/one", ":refs/tags/light", cwd=work)
    assert set(host.hosted.refs) == {"refs/heads/main", "refs/tags/v1"}
    assert "refusing to delete the current branch" in git.refused("push", "origin", ":main", cwd=work)


def test_only_force_takes_a_branch_back(git: Git, host: Host, work: Path) -> None:
    before = git.run("rev-parse", "HEAD", cwd=work)
    committed(git, work, "two.txt", "2\n")
    git.run("push", "-q", "origin", "main", cwd=work)
    git.run("reset", "-q", "--hard", before, cwd=work)
    tip = committed(git, work, "three.txt", "3\n")
    assert "rejected" in git.refused("push", "origin", "main", cwd=work)
    git.run("push", "-q", "--force", "origin", "main", cwd=work)
    assert host.hosted.refs["refs/heads/main"] == tip
    forced = [event for event in host.world.events() if getattr(event, "forced", False)]
    assert [event.new for event in forced] == [tip]


def test_an_atomic_push_is_all_or_nothing(git: Git, host: Host, work: Path) -> None:
    other = git.folder("other")
    git.run("clone", "-q", host.mine, str(other))
    committed(git, other, "theirs.txt", "1\n")
    git.run("push", "-q", "origin", "main", cwd=other)
    committed(git, work, "ours.txt", "2\n")
    git.run("branch", "more", cwd=work)
    git.refused("push", "--atomic", "origin", "main", "more", cwd=work)
    assert set(host.hosted.refs) == {"refs/heads/main"}


@pytest.mark.parametrize("version", VERSIONS)
def test_shallow_clones_are_deepened(git: Git, host: Host, work: Path, version: str) -> None:
    for number in range(6):
        committed(git, work, "n.txt", f"{number}\n")
    git.run("push", "-q", "origin", "main", cwd=work)
    v = ("-c", f"protocol.version={version}")
    git.run(*v, "clone", "-q", "--depth", "2", host.url, "shallow")
    shallow = git.folder("shallow")
    count = ("rev-list", "--count", "HEAD")
    assert git.run(*count, cwd=shallow) == "2"
    git.run(*v, "fetch", "-q", "--depth", "4", cwd=shallow)
    assert git.run(*count, cwd=shallow) == "4"
    git.run(*v, "fetch", "-q", "--deepen", "1", cwd=shallow)
    assert git.run(*count, cwd=shallow) == "5"
    committed(git, work, "n.txt", "new\n")
    git.run("push", "-q", "origin", "main", cwd=work)
    git.run(*v, "pull", "-q", cwd=shallow)
    assert git.run(*count, cwd=shallow) == "6"
    git.run(*v, "fetch", "-q", "--unshallow", cwd=shallow)
    assert git.run(*count, cwd=shallow) == "8"
    git.run("fsck", "--full", cwd=shallow)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_commit_is_fetched_by_its_name(git: Git, host: Host, work: Path, version: str) -> None:
    first = git.run("rev-parse", "HEAD", cwd=work)
    committed(git, work, "two.txt", "2\n")
    git.run("push", "-q", "origin", "main", cwd=work)
    git.run("init", "-q", "fresh")
    fresh = git.folder("fresh")
    v = ("-c", f"protocol.version={version}")
    git.run(*v, "fetch", "-q", "--depth", "1", host.url, first, cwd=fresh)
    assert git.run("rev-parse", "FETCH_HEAD", cwd=fresh) == first
    assert "not our ref" in git.refused(*v, "fetch", host.url, "1" * 40, cwd=fresh)


def test_commits_that_no_ref_reaches_are_not_given_out(git: Git, host: Host, work: Path) -> None:
    git.run("checkout", "-q", "-b", "secret", cwd=work)
    lost = committed(git, work, "secret.txt", "s\n")
    git.run("push", "-q", "origin", "secret", cwd=work)
    git.run("push", "-q", "origin", ":secret", cwd=work)
    git.run("init", "-q", "fresh")
    assert "not our ref" in git.refused("fetch", host.url, lost, cwd=git.folder("fresh"))


def test_a_push_needs_a_token_that_reaches(git: Git, emulator: Emulator, host: Host, work: Path) -> None:
    committed(git, work, "two.txt", "2\n")
    assert "could not read Username" in git.refused("push", host.url, "main", cwd=work)
    wrong = host.mine.replace(host.token, "ghp_wrong")
    said = git.refused("push", wrong, "main", cwd=work)
    assert "Invalid username or token" in said and "Authentication failed" in said
    theirs = tokens.issue(emulator.world, hosting.GITHUB, "fabrikam", "tester")
    said = git.refused("push", host.mine.replace(host.token, theirs), "main", cwd=work)
    assert "Permission to contoso/app.git denied to fabrikam" in said and "403" in said
    reader = tokens.issue(emulator.world, hosting.GITHUB, "contoso", "tester", scopes=["repo:status"])
    assert "403" in git.refused("push", host.mine.replace(host.token, reader), "main", cwd=work)
    short = tokens.issue(emulator.world, hosting.GITHUB, "contoso", "tester", life=3600)
    git.run("push", host.mine.replace(host.token, short), "main", cwd=work)
    emulator.world.advance(7200)
    assert "Authentication failed" in git.refused("push", host.mine.replace(host.token, short), "main", cwd=work)


def test_a_private_repository_is_a_secret(git: Git, emulator: Emulator) -> None:
    host = Host(emulator, hosting.github("contoso", "secret"), private=True)
    assert "could not read Username" in git.refused("clone", host.url, "x")
    theirs = tokens.issue(emulator.world, hosting.GITHUB, "fabrikam", "tester")
    said = git.refused("clone", host.mine.replace(host.token, theirs), "x")
    assert "Repository not found" in said
    said = git.refused("clone", host.mine.replace("secret", "nowhere"), "x")
    assert "remote: Repository not found." in said
    git.run("clone", "-q", host.mine, "x")


def test_azure_devops(git: Git, emulator: Emulator) -> None:
    host = Host(emulator, hosting.address("https://dev.azure.com/contoso/web shop/_git/app"), private=True)
    assert host.url == "https://dev.azure.com/contoso/web%20shop/_git/app"
    git.run("clone", "-q", host.mine, "shop")
    tip = committed(git, git.folder("shop"), "a.txt", "a\n")
    git.run("push", "-q", "origin", "HEAD:main", cwd=git.folder("shop"))
    assert host.hosted.refs == {"refs/heads/main": tip}
    bearer = f"http.extraHeader=AUTHORIZATION: bearer {host.token}"
    git.run("-c", bearer, "clone", "-q", host.url, "again")
    assert "could not read Username" in git.refused("clone", host.url, "x")
    assert "TF401019" in git.refused("clone", host.mine.replace("/app", "/nowhere"), "x")


def test_the_first_branch_pushed_is_the_default_one(git: Git, host: Host) -> None:
    git.run("clone", "-q", host.mine, "old")
    old = git.folder("old")
    git.run("checkout", "-q", "-b", "master", cwd=old)
    committed(git, old, "a.txt", "a\n")
    git.run("push", "-q", "origin", "master", cwd=old)
    git.run("clone", "-q", host.url, "new")
    assert git.run("branch", "--show-current", cwd=git.folder("new")) == "master"


def test_refs_and_objects_outlive_the_process(tmp_path: Path) -> None:
    data = tmp_path / "world"
    with Emulator(data=data, sealed=True) as emulator:
        host = Host(emulator, hosting.github("contoso", "app"))
        git = Git(emulator.environment(), tmp_path / "home")
        git.run("clone", "-q", host.mine, "work")
        tip = committed(git, git.folder("work"), "a.txt", "a\n")
        git.run("push", "-q", "origin", "main", cwd=git.folder("work"))
        emulator.fork(tmp_path / "fork")
    for folder in (data, tmp_path / "fork"):
        with Emulator(data=folder, sealed=True) as again:
            git = Git(again.environment(), tmp_path / f"home-{folder.name}")
            git.run("clone", "-q", host.url, "clone")
            assert git.run("rev-parse", "HEAD", cwd=git.folder("clone")) == tip
            git.run("fsck", "--full", cwd=git.folder("clone"))


def test_the_world_goes_back_with_its_repositories(git: Git, host: Host, work: Path) -> None:
    before = git.run("rev-parse", "HEAD", cwd=work)
    host.world.snapshot("before")
    committed(git, work, "two.txt", "2\n")
    git.run("push", "-q", "origin", "main", cwd=work)
    after = host.hosted.refs["refs/heads/main"]
    host.world.snapshot("after")
    host.world.restore("before")
    assert git.run("ls-remote", host.url, "main").split()[0] == before
    host.world.restore("after")
    git.run("clone", "-q", host.url, "later")
    assert git.run("rev-parse", "HEAD", cwd=git.folder("later")) == after
    host.world.reset()
    assert "could not read Username" in git.refused("ls-remote", host.url)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
def test_what_was_pushed_survives_kill(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "acrlab", "up", "--data", str(tmp_path / "world"), "--port", "0", "--json"]
    variables = {**os.environ, "ACRLAB_HOME": str(tmp_path / "acrlab")}
    tips = []
    for turn in range(2):
        with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            there = json.loads(process.stdout.readline())["environment"]
            control = Control(there["ACRLAB_ENDPOINT"], there["ACRLAB_CONTROL"])
            made = control.git_create("contoso/app") if not turn else {"token": control.git_token("contoso")["token"]}
            git = Git(there, tmp_path / f"home{turn}")
            git.run("clone", "-q", f"https://x:{made['token']}@github.com/contoso/app.git", "work")
            if turn:
                assert git.run("rev-parse", "HEAD", cwd=git.folder("work")) == tips[0]
            tips.append(committed(git, git.folder("work"), f"{turn}.txt", "a\n"))
            git.run("push", "-q", "origin", "main", cwd=git.folder("work"))
            process.kill()
