"""Steps of task files in a world: the built-in acr-cli, contexts from artifacts, and what a run may not do."""

import base64
import json

import pytest

from tests.tasks.conftest import NAME

A = "version: v1.1.0\nsteps:\n"


def run(lab, text, **more):
    """Queue a task file's text, and wait for its end: status and log."""
    content = base64.b64encode(text.encode()).decode()
    queued = lab.schedule("EncodedTaskRunRequest", encodedTaskContent=content, **more)
    return lab.settled(queued.run_id).status, lab.log(queued.run_id).text


@pytest.fixture
def filled(lab):
    """Three tags of one repository."""
    for tag in ("1", "2", "3"):
        queued = lab.build(f"app:{tag}", Dockerfile="FROM scratch\n", a__txt=tag)
        assert lab.settled(queued.run_id).status == "Succeeded"
    return lab


def test_purge(filled):
    filled.world.advance(86400 * 2)
    status, log = run(filled, A + "  - cmd: acr purge --filter 'app:^[12]$' --ago 1d --untagged --dry-run\n")
    assert status == "Succeeded", log
    assert "DRY RUN: The following output shows what WOULD be deleted" in log
    assert sorted(filled.tags("app")) == ["1", "2", "3"]
    status, log = run(filled, A + "  - cmd: acr purge --filter 'app:^[12]$' --ago 1d --untagged\n    timeout: 3600\n")
    assert status == "Succeeded", log
    assert "Number of deleted tags: 2\r\nNumber of deleted manifests: 2\r\n" in log
    assert filled.tags("app") == ["3"]


def test_tags_and_manifests(filled):
    status, log = run(
        filled, A + "  - cmd: acr tag list -r $RegistryName --repository app\n"
        "  - cmd: acr tag delete --repository=app 1\n  - cmd: acr manifest list --repository app\n",
    )  # fmt: skip
    assert status == "Succeeded", log
    assert f'Listing tags for the "app" repository:\r\n{NAME}.azurecr.io/app:1\r\n' in log
    assert log.count(f"{NAME}.azurecr.io/app@sha256:") == 3
    assert sorted(filled.tags("app")) == ["2", "3"]


@pytest.mark.parametrize(
    "command, said",
    [
        ("purge", 'Error: required flag(s) "ago", "filter" not set'),
        ("purge --filter a:b --ago 1d --keep x", 'Error: invalid argument "x" for "--keep" flag'),
        ("purge --filter a:b --ago", "Error: flag needs an argument: --ago"),
        ("purge --nope", "Error: unknown flag: --nope"),
        ("purge -Z", "Error: unknown shorthand flag: 'Z' in -Z"),
        ("purge --filter nocolon --ago 1d", "Error: --filter 'nocolon' is not"),
        ("nope", 'Error: unknown command "nope" for "acr"'),
        ("tag list", 'Error: required flag(s) "repository" not set'),
        ("tag list --repository none", "Error: "),
        ("tag delete --repository app none", "Error: "),
        ("purge -r other --filter a:b --ago 1d", "lookup other.azurecr.io: no such host"),
    ],
)
def test_what_acr_refuses(lab, command, said):
    status, log = run(lab, A + f"  - cmd: acr {command}\n")
    assert status == "Failed"
    assert said in log
    assert "failed to run step ID: acb_step_0: exit status 1" in log


def test_a_context_from_an_artifact(lab):
    data = b"FROM scratch\nCOPY Dockerfile /\n"
    layer, config = lab.shelf.blob("context", data), lab.shelf.blob("context", b"{}")
    notes = {"org.opencontainers.image.title": "Dockerfile"}
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = {
        "schemaVersion": 2, "mediaType": kind,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2},
        "layers": [{"mediaType": "text/plain", "digest": layer, "size": len(data), "annotations": notes}],
    }  # fmt: skip
    answer = lab.shelf.ask("PUT", "/v2/context/manifests/1", json.dumps(manifest).encode(), kind)
    assert answer.status == 201, answer
    queued = lab.schedule(
        "DockerBuildRequest", dockerFilePath="Dockerfile", sourceLocation=f"oci://{NAME}.azurecr.io/context:1",
        imageNames=["built:1"], isPushEnabled=True,
    )  # fmt: skip
    assert lab.settled(queued.run_id).status == "Succeeded", lab.log(queued.run_id).text
    assert lab.tags("built") == ["1"]


def test_signing_in_inside_a_step(lab):
    password = lab.world.state.registries[NAME].passwords[0]
    login = f"docker login -u {NAME} -p {{}} {NAME}.azurecr.io"
    text = A + f"  - cmd: {login.format('{{.Values.secret}}')}\n"
    status, log = run(lab, text, values=[{"name": "secret", "value": password, "isSecret": True}])
    assert (status, "Login Succeeded" in log, password in log) == ("Succeeded", True, False)
    status, log = run(lab, A + f"  - cmd: {login.format('wrong')}\n")
    assert (status, "unauthorized" in log) == ("Failed", True)
    status, log = run(lab, A + "  - cmd: docker login -u a -p b other.example.com\n")
    assert (status, "lookup other.example.com: no such host" in log) == ("Failed", True)


def test_what_no_engine_can_do_is_said(lab):
    status, log = run(lab, A + "  - cmd: bash echo hi\n")
    assert status == "Failed"
    assert "docker: Error response from daemon: " in log
    assert "failed to run step ID: acb_step_0: exit status 125" in log
    assert "was successful" not in log


def test_a_task_file_that_is_none(lab):
    status, log = run(lab, "acr purge --filter 'x:.*' --ago 1d")
    assert status == "Failed"
    said = "failed to unmarshal task before running: failed to deserialize task and validate: yaml: "
    assert said in log
    assert "failed during run, err: exit status 1" in log
