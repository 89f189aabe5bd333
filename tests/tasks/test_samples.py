"""Sample repositories stand in where github.com is out of reach, and the log says so."""

import pytest

from acrlab.agents.samples.files import REPOSITORIES
from tests.tasks.conftest import GROUP, LINUX, NAME

SAMPLE = "https://github.com/Azure-Samples/acr-build-helloworld-node"
TASKS = "https://github.com/Azure-Samples/acr-tasks.git"


@pytest.mark.parametrize("url", [SAMPLE, f"{SAMPLE}.git", f"{SAMPLE}.git#master", f"{SAMPLE}#main"])
def test_a_build_from_the_sample(lab, url):
    run = lab.schedule("DockerBuildRequest", dockerFilePath="Dockerfile-base", sourceLocation=url,
                       imageNames=["base:1"])  # fmt: skip
    ended = lab.settled(run.run_id)
    text = lab.log(run.run_id).text
    assert "[Warning] github.com/azure-samples/acr-build-helloworld-node is a stand-in" in text
    assert ended.status == "Failed" and "lookup docker.io: no such host" in text  # this world has no public images


@pytest.mark.parametrize("url", [f"{SAMPLE}.git#elsewhere", f"{SAMPLE}.git#:nofolder", "https://github.com/nobody/x"])
def test_what_does_not_stand_in(lab, url):
    run = lab.schedule("DockerBuildRequest", dockerFilePath="Dockerfile", sourceLocation=url)
    ended = lab.settled(run.run_id)
    assert ended.status == "Failed" and "failed to download context" in ended.run_error_message


@pytest.mark.parametrize("name", sorted(REPOSITORIES["github.com/azure-samples/acr-tasks"].files))
def test_task_files_can_be_read(lab, name):
    if not name.endswith(".yaml"):
        return
    body = {"type": "FileTaskRunRequest", "taskFilePath": name, "sourceLocation": TASKS, "platform": LINUX}
    run = lab.sdk.registries.schedule_run(GROUP, NAME, body)
    lab.settled(run.run_id)
    text = lab.log(run.run_id).text
    assert "Launching container with name: acb_step_0" in text, text
