"""Builds and tasks from Python: handed in through the official SDK, followed, and shown."""

import pytest
import requests
from azure.core.exceptions import HttpResponseError

from acrlab.client.cloud import Cloud
from acrlab.client.context import packed
from acrlab.client.log import Log
from acrlab.client.registry import Registry

SCRATCH = {"Dockerfile": "FROM scratch\nCOPY note.txt /\n", "note.txt": "kept\n"}


def test_a_build_is_pushed_under_the_name_of_its_run(registry: Registry) -> None:
    lines: list[str] = []
    run = registry.build(SCRATCH, "app:{{.Run.ID}}", watch=lines.append)
    assert (run.status, run.images) == ("Succeeded", [f"app:{run.id}"])
    assert registry.pull(f"app:{run.id}").layers[0].members() == {"note.txt": 5}
    assert "".join(lines) == "".join(run.log.text.splitlines())
    assert f"run {run.id}\nstatus  Succeeded" in repr(run)
    assert [each.id for each in registry.tasks.runs()] == [run.id]


def test_a_build_for_another_processor(registry: Registry) -> None:
    registry.build(SCRATCH, "app:arm", platform="linux/arm64/v8")
    settings = registry.pull("app:arm").settings
    assert (settings["os"], settings["architecture"], settings["variant"]) == ("linux", "arm64", "v8")
    for wrong in ("linux/", "linux/arm64/v8/more", ""):
        with pytest.raises(ValueError, match="write it as os, os/architecture or"):
            registry.build(SCRATCH, "app:2", platform=wrong)


def test_a_build_that_fails_pushes_nothing_and_says_why(registry: Registry) -> None:
    run = registry.build({"Dockerfile": "FROM scratch\nCOPY nowhere /\n"}, "app:1")
    assert (run.status, run.images) == ("Failed", [])
    assert "failed during run, err: exit status 1" in repr(run)
    assert [each.name for each in registry.repositories()] == []
    assert 'color:var(--jp-error-color1,#c62828)">Run ID' in run.log.html()


def test_a_task_is_made_started_and_listed(registry: Registry) -> None:
    import base64

    steps = "version: v1.1.0\nsteps:\n- build: -t $Registry/web:$ID .\n- push: [$Registry/web:$ID]\n"
    step = {"type": "EncodedTask", "encodedTaskContent": base64.b64encode(steps.encode()).decode()}
    registry.tasks.create("web-build", status="Enabled", step=step)
    run = registry.tasks.start("web-build")
    assert run.status == "Failed" and "Dockerfile" in run.log.text  # it has no context
    assert [each.id for each in registry.tasks.runs("web-build")] == [run.id]
    assert list(registry.tasks.runs("other")) == []


def test_a_step_keeps_its_colours(registry: Registry) -> None:
    """As it is written: with an escape of its own, through agent, storage and SDK into the notebook."""
    task = "version: v1.1.0\nsteps:\n- cmd: bash -c \"printf '\\\\033[32mgreen <b>\\\\033[0m\\\\n'\"\n"
    run = registry.run(task)
    if "a process cannot be started here" in run.log.text:
        pytest.skip(f"NO PROCESS CAN BE CONFINED HERE: {run.log!r}")
    assert "\x1b[32mgreen <b>\x1b[0m" in run.log.text
    shown = run.log._repr_mimebundle_()
    assert '<span style="color:#00a250">green &lt;b&gt;</span>' in shown["text/html"]
    assert "\ngreen <b>\n" in shown["text/plain"] and "\x1b" not in shown["text/html"] + shown["text/plain"]


def test_what_is_no_context(registry: Registry) -> None:
    with pytest.raises(ValueError, match="nothing to build from"):
        registry.build({}, "app:1")
    with pytest.raises(ValueError, match="is no folder"):
        registry.build("/no/such/folder", "app:1")


def test_a_refusal_comes_with_its_reasons(cloud: Cloud, registry: Registry) -> None:
    registry.tasks._registry = "nobody1"
    with pytest.raises(HttpResponseError) as refused:
        registry.build(SCRATCH, "app:1")
    assert refused.value.__notes__


def test_the_same_files_are_the_same_bytes() -> None:
    assert packed(SCRATCH) == packed(dict(reversed(SCRATCH.items())))


def test_a_log_shows_what_every_run_says() -> None:
    text = (
        "2026/11/25 09:50:23 Using acb_vol_7e102ec0-47ec-48cf-9743-0123456789ab as the home volume\r\n"
        " ---> 53ea8ceac42b\r\n1.0: digest: sha256:" + 64 * "a" + " size: 423\r\n"
        "Run ID: ct1 was successful after 12s\r\n"
    )
    assert repr(Log(text)).splitlines() == [
        "Using acb_vol_… as the home volume", " ---> …", "1.0: digest: sha256:… size: …",
        "Run ID: ct1 was successful after …s",
    ]  # fmt: skip
    assert repr(Log(text).matching("digest")) == "1.0: digest: sha256:… size: …"
    assert "&lt;b&gt;" in Log("<b>").html()


def test_a_commit_runs_a_task_and_every_trigger_says_why(cloud: Cloud, registry: Registry) -> None:
    files = {"Dockerfile": "FROM scratch\nCOPY deep/note.txt /\n", "deep/note.txt": "one\n"}
    cloud.emulator.repository("contoso/app", files)
    token = cloud.emulator.repository("contoso/app", files)  # again, from the beginning
    where = "https://github.com/contoso/app.git"
    source = {
        "sourceControlType": "Github", "repositoryUrl": where, "branch": "main",
        "sourceControlAuthProperties": {"token": token, "tokenType": "PAT"},
    }  # fmt: skip
    registry.tasks.create(
        "app-build", status="Enabled",
        step={"type": "Docker", "contextPath": where, "dockerFilePath": "Dockerfile", "imageNames": ["app:1"],
              "isPushEnabled": True, "contextAccessToken": token},
        trigger={"sourceTriggers": [
            {"name": "commits", "sourceTriggerEvents": ["commit"], "sourceRepository": source}
        ]},
    )  # fmt: skip
    url, signed = "https://api.github.com/repos/contoso/app/contents/more.txt", {"Authorization": f"Bearer {token}"}
    change = {"message": "m", "content": "Mgo=", "branch": "main"}
    assert requests.put(url, json=change, headers=signed, timeout=30).status_code == 201
    (run,) = registry.tasks.settled("app-build")
    assert (run.status, run.images) == ("Succeeded", ["app:1"])
    later = {**source, "branch": "release"}
    trigger = {"name": "commits", "sourceTriggerEvents": ["commit"], "sourceRepository": later}
    update = {"properties": {"trigger": {"sourceTriggers": [trigger]}}}
    registry.tasks.client.tasks.update(registry.group, registry.name, "app-build", update)
    change["sha"] = requests.get(url, headers=signed, timeout=30).json()["sha"]
    assert requests.put(url, json={**change, "content": "Mwo="}, headers=signed, timeout=30).status_code == 200
    first, second = repr(cloud.emulator.triggers("app-build")).splitlines()[2:4]
    assert first.split() == ["app-build", "Commit", run.id, "commit", "…", "on", "main"]
    assert second.startswith("app-build  Commit   none  ") and "release" in second
    assert "app-build" not in repr(cloud.emulator.triggers("other"))
