"""Task files over the embedded engine: real containers, real networks, images that are really built and pushed."""

import base64

import pytest

from acrlab.agents import engines
from acrlab.agents.bases.stand_ins import StandIns
from tests.arm import test_vaults as vaults
from tests.tasks.conftest import AGENTS, GROUP, LINUX, NAME, Lab, queue_of

A = "version: v1.1.0\nsteps:\n"


@pytest.fixture(scope="module", params=AGENTS)
def real(tmp_path_factory, request):
    """A registry whose runs have the embedded engine; stand-ins are assembled once."""
    engine = engines.engine("embedded")
    found = engine.probe()
    if not found.run:
        pytest.skip(f"NO PROCESS CAN BE CONFINED HERE: {'; '.join(found.reasons)}")
    folder = tmp_path_factory.mktemp("real")
    lab = Lab(folder)
    lab.dispatcher.close()
    lab.world.upstreams = StandIns(folder / "stand-ins")
    lab.queue = queue_of(request)
    lab.dispatcher = lab.agents(lambda: engine)
    yield lab
    lab.close()


def run(lab, text, **more):
    """Status, and what the run's containers wrote."""
    content = base64.b64encode((A + text).encode()).decode()
    queued = lab.schedule("EncodedTaskRunRequest", encodedTaskContent=content, **more)
    status = lab.settled(queued.run_id).status
    log = lab.log(queued.run_id).text.split("\r\n")
    return status, [line for line in log if line and not line.startswith(("20", "[Warning]", "Run ID"))], log


def test_steps_share_a_workspace_and_a_home(real):
    status, lines, log = run(
        real, "  - cmd: bash -c 'echo one > f; echo two > ~/g; pwd'\n  - cmd: bash cat f /acb/home/g\n"
        "  - cmd: bash -c 'exit 4'\n    ignoreErrors: true\n  - cmd: bash echo $HOME && echo `cat f`\n",
    )  # fmt: skip
    assert (status, lines) == ("Succeeded", ["/workspace", "one", "two", "/root", "one"]), log


def test_containers_find_each_other_by_name(real):
    """Microsoft's network-curl.yaml: a detached web server, asked by its step's id."""
    status, lines, log = run(
        real, "  - id: web\n    cmd: mcr.microsoft.com/oss/nginx/nginx:1.15.5-alpine\n    detach: true\n"
        "  - cmd: curl -s --retry 20 --retry-connrefused --retry-delay 1 http://web\n",
    )  # fmt: skip
    assert status == "Succeeded", log
    assert any("nginx" in line for line in lines), log


def test_built_run_and_pushed(real):
    text = 'FROM mcr.microsoft.com/acr/bash\nARG WHO\nRUN echo hello $WHO > /greeting\nCMD ["cat", "/greeting"]\n'
    steps = "  - build: -t $Registry/app:$ID --build-arg WHO=you .\n  - cmd: $Registry/app:$ID\n"
    place = real.upload(Dockerfile=text, acb__yaml=A + steps + "  - push: [$Registry/app:$ID]\n")
    queued = real.schedule("FileTaskRunRequest", taskFilePath="acb.yaml", sourceLocation=place)
    done = real.settled(queued.run_id)
    log = real.log(queued.run_id).text
    assert done.status == "Succeeded", log
    assert "\r\nhello you\r\n" in log
    assert real.tags("app") == [queued.run_id]
    (image,) = done.output_images
    assert real.shelf.digests("app") == [image.digest]


def test_a_step_that_takes_too_long_is_ended(real):
    status, lines, log = run(
        real, "  - cmd: bash -c 'trap \"\" TERM; while true; do sleep 0.1; done'\n    timeout: 1\n"
    )
    assert (status, lines) == ("Failed", ["failed to run step ID: acb_step_0: timed out"]), log


@pytest.mark.slow
def test_a_hundred_steps_ten_side_by_side(real):
    """Ten rows of ten; each waits for the one above it, and all of a row for one another, so that ten must be there."""
    rows = [
        f"  - id: s{row}x{place}\n    when: ['{f's{row - 1}x{place}' if row else '-'}']\n"
        f"    cmd: bash -c 'touch {row}x{place}; while [ $(ls -d {row}x* | wc -l) -lt 10 ]; do sleep 0.05; done'\n"
        for row in range(10)
        for place in range(10)
    ]
    status, lines, log = run(real, "".join(rows) + "  - cmd: bash -c 'ls | wc -l'\n    when: ["
                             + ", ".join(f"s9x{place}" for place in range(10)) + "]\n")  # fmt: skip
    assert (status, lines) == ("Succeeded", ["100"]), log
    assert sum(" marked as successful" in line for line in log) == 101


def test_one_failure_ends_the_others(real):
    status, lines, log = run(
        real, "  - id: slow\n    cmd: bash sleep 600\n    when: ['-']\n  - id: fails\n    cmd: bash -c 'exit 7'\n"
        "    when: ['-']\n",
    )  # fmt: skip
    assert status == "Failed"
    assert lines[-1] == "failed to run step ID: fails: exit status 7", log
    assert sum("Container failed during run: slow." in line for line in log) == 1


def test_a_secret_is_a_file_of_a_volume_only(real):
    content = base64.b64encode(
        b"version: v1.1.0\nvolumes:\n  - name: keys\n    secret:\n      key: {{ .Values.key | b64enc }}\nsteps:\n"
         b"  - cmd: bash cat /run/keys/key\n    volumeMounts: [{name: keys, mountPath: /run/keys}]\n"
         b"  - cmd: bash -c 'ls /run/keys 2>&1 || true; ls -A /workspace'\n"
    ).decode()  # fmt: skip
    queued = real.schedule(
        "EncodedTaskRunRequest", encodedTaskContent=content, values=[{"name": "key", "value": "k3y", "isSecret": True}]
    )  # fmt: skip
    log = real.log(queued.run_id).text if real.settled(queued.run_id).status == "Succeeded" else ""
    assert log.count("k3y") == 1  # what cat wrote
    assert "No such file" in log


def test_docker_inside_a_step(real):
    status, lines, log = run(
        real, f"  - cmd: docker pull mcr.microsoft.com/hello-world\n"
        f"  - cmd: docker tag mcr.microsoft.com/hello-world {NAME}.azurecr.io/copied:1\n"
        f"  - cmd: docker push {NAME}.azurecr.io/copied:1\n  - cmd: docker run --rm {NAME}.azurecr.io/copied:1\n",
    )  # fmt: skip
    assert status == "Succeeded", log
    assert real.tags("copied") == ["1"]
    assert "Hello from Docker!" in lines


def test_a_secret_of_a_key_vault(real):
    """The task's own identity reads it, once somebody lets it."""
    cloud = real.cloud
    assert vaults.create(cloud).status == 201
    vaults.assign(cloud, "Key Vault Administrator", cloud.id_of("acrlab-sp"))
    assert vaults.ask(cloud, "PUT", "/secrets/word", {"value": "xyzzy"}).status == 200
    text = (
        f"secrets:\n  - id: word\n    keyvault: https://{vaults.HOST}/secrets/word\n"
        "steps:\n  - cmd: bash -c 'echo it has ${#WORD} letters'\n    env: ['WORD={{ .Secrets.word }}']\n"
    )
    step = {"type": "EncodedTask", "encodedTaskContent": base64.b64encode(text.encode()).decode()}
    body = {
        "location": "westus",
        "identity": {"type": "SystemAssigned"},
        "properties": {"platform": LINUX, "step": step},
    }
    made = real.sdk.tasks.create(GROUP, NAME, "reader", body)

    def again():
        queued = real.sdk.registries.schedule_run(GROUP, NAME, {"type": "TaskRunRequest", "taskId": made.id})
        return real.settled(queued.run_id).status, real.log(queued.run_id).text

    status, log = again()
    assert status == "Failed"
    assert "failed to resolve secrets in the task with error: failed to fetch the secret" in log
    vaults.assign(cloud, "Key Vault Secrets User", made.identity.principal_id)
    status, log = again()
    assert status == "Succeeded", log
    assert "\r\nit has 5 letters\r\n" in log
    assert "xyzzy" not in log
