"""Who answers at github.com: the lab's host when a lab has asked for it, the real one otherwise."""

import json
import os
import subprocess
import sys
from pathlib import Path

import dulwich.porcelain as porcelain
import pytest
import requests

from acrlab.domain import hosting
from acrlab.emulator import Emulator
from acrlab.engine.hosting import repositories
from acrlab.store.git import merge
from tests.hosting.conftest import Git, Host, change, committed


def test_github_is_passed_on_until_a_lab_asks_for_it() -> None:
    with Emulator() as emulator:
        assert not emulator.app.azure("github.com")
        assert emulator.app.azure("dev.azure.com"), "an Azure host is never passed on"
        Host(emulator, hosting.github("contoso", "app"))
        assert emulator.app.azure("github.com") and not emulator.app.azure("gitlab.com")
        repositories.delete(emulator.world, hosting.github("contoso", "app"), "tester")
        assert not emulator.app.azure("github.com")


def test_under_sealed_it_answers_and_knows_nothing(emulator: Emulator) -> None:
    session = requests.Session()
    session.proxies, session.verify = {"https": emulator.environment()["HTTPS_PROXY"]}, str(emulator.bundle)
    session.trust_env = False
    answer = session.get("https://github.com/contoso/app/info/refs?service=git-upload-pack", timeout=20)
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == 'Basic realm="GitHub"'
    with pytest.raises(requests.exceptions.ProxyError):
        session.get("https://gitlab.com/", timeout=20)


def test_dulwich_clones_and_pushes(
    git: Git, host: Host, work: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    folder = git.folder("dul")
    with open(os.devnull, "wb") as quiet:
        with porcelain.clone(host.mine, str(folder), errstream=quiet) as repository:
            change(folder, "d.txt", "d\n")
            porcelain.add(repository, paths=[str(folder / "d.txt")])
            tip = porcelain.commit(repository, message=b"by dulwich", author=b"D <d@x>", committer=b"D <d@x>")
            porcelain.push(repository, host.mine, "refs/heads/main", outstream=quiet, errstream=quiet)
    assert host.hosted.refs["refs/heads/main"] == tip.decode()


def test_a_repository_begins_with_a_folder(git: Git, emulator: Emulator, tmp_path: Path) -> None:
    folder = tmp_path / "source"
    change(folder, "src/app.py", "print()\n")
    change(folder, ".git/config", "not ours")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    os.symlink("run.sh", folder / "link")
    place = hosting.github("contoso", "begun")
    with emulator.world.lock:
        hosted = repositories.create(emulator.world, place, "tester", folder=str(folder))
    git.run("clone", "-q", place.url, "begun")
    files = git.run("ls-files", "-s", cwd=git.folder("begun")).splitlines()
    assert [(each[:6], each.split("\t")[1]) for each in files] == [
        ("120000", "link"), ("100755", "run.sh"), ("100644", "src/app.py"),
    ]  # fmt: skip
    out = tmp_path / "out"
    out.mkdir()
    with emulator.world.git.open(hosted.id) as objects:
        objects.extract(hosted.refs["refs/heads/main"], str(out))
    assert (out / "src/app.py").read_text() == "print()\n" and (out / "link").is_symlink()


def test_what_a_push_was_is_in_the_journal(git: Git, host: Host, work: Path) -> None:
    change(work, "docs/a.md", "a\n")
    committed(git, work, "src/app.py", "1\n", "add the app\n\nand its docs")
    git.run("push", "-q", "origin", "main", cwd=work)
    events = [event for event in host.world.events() if type(event).__name__ == "RefMoved"]
    assert [event.files for event in events] == [["Dockerfile"], ["docs/a.md", "src/app.py"]]
    assert (events[-1].subject, events[-1].author, events[-1].who) == ("add the app", "Lena", "contoso")
    assert host.token not in "".join(map(repr, host.world.events()))


def test_the_commands(tmp_path: Path) -> None:
    source = tmp_path / "source"
    change(source, "Dockerfile", "FROM scratch\n")
    script = f"""
        acrlab() {{ {sys.executable} -m acrlab "$@"; }}
        acrlab git create contoso/app --from {source} --json > made.json
        acrlab git create https://dev.azure.com/contoso/shop/_git/app --private > azure.txt
        acrlab git list
        git clone -q https://github.com/contoso/app.git && cat app/Dockerfile
        acrlab git token contoso --scope public_repo --life 8d > token.txt
        cd app && git -c user.name=L -c user.email=l@x commit -q --allow-empty -m two
        git push -q "https://x:$(cat ../token.txt)@github.com/contoso/app.git" HEAD:refs/heads/two && echo pushed
        acrlab git revoke "$(cat ../token.txt)"
        git push -q "https://x:$(cat ../token.txt)@github.com/contoso/app.git" HEAD:refs/heads/three || echo refused
        acrlab git delete contoso/app
        acrlab git create not-a-repository || echo "no $?"
    """
    variables = {
        **os.environ, "ACRLAB_HOME": str(tmp_path / "home"), "HOME": str(tmp_path), "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1", "PYTHONPATH": str(Path(__file__).parents[2]),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "acrlab", "run", "--", "sh", "-c", script], cwd=tmp_path, env=variables,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    said = done.stdout
    assert "https://github.com/contoso/app.git  public   main" in said, done.stderr
    assert "https://dev.azure.com/contoso/shop/_git/app  private  empty" in said
    assert "FROM scratch" in said and "pushed" in said and "refused" in said and "no 1" in said, said + done.stderr
    assert json.loads((tmp_path / "made.json").read_text())["token"].startswith("ghp_")


def test_lines_merge_unless_they_touch() -> None:
    base = [b"a\n", b"b\n", b"c\n", b"d\n", b"e\n"]
    ours, theirs = [b"A\n", *base[1:]], [*base[:4], b"E\n"]
    assert merge.lines(base, ours, theirs) == [b"A\n", b"b\n", b"c\n", b"d\n", b"E\n"]
    assert merge.lines(base, ours, [b"X\n", *base[1:]]) is None
    assert merge.lines(base, ours, ours) == ours
    assert merge.lines(base, base, theirs) == theirs
