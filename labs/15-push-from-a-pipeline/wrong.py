"""Wrong answers to lab 15."""

import shutil
import tempfile
import uuid
from pathlib import Path

from acrlab import pipelines
from acrlab.client import running
from acrlab.client.image import Image
from acrlab.course.proof import SOLVED, Bench, wrong
from acrlab.domain import roles

REGISTRY = "contosolab15"
CI, READER = "lab15-ci", "lab15-reader"
AZURE = """\
steps:
- task: Docker@2
  inputs:
    command: {command}
    containerRegistry: {connection}
    repository: {repository}
    tags: |
      {tag}
      latest
"""
JENKINS = """\
node {{
    checkout scm
    docker.withRegistry('https://contosolab15.azurecr.io', '{connection}') {{
        def image = docker.build("{image}")
        {push}
    }}
}}
"""


def ran(bench: Bench, name: str, text: str) -> None:
    """Run a pipeline on the lab's app."""
    folder = Path(tempfile.mkdtemp(prefix="acrlab-lab15-"))
    try:
        work = folder / "shop"
        shutil.copytree(bench.lab.folder.data("app"), work)
        (work / name).write_text(text)
        pipelines.run(work / name)
    finally:
        shutil.rmtree(folder)


def azure(bench: Bench, **wishes: str) -> None:
    given = {"command": "buildAndPush", "connection": CI, "repository": "shop/web", "tag": "$(Build.BuildId)", **wishes}
    ran(bench, "azure-pipelines.yml", AZURE.format(**given))


def jenkins(bench: Bench, **wishes: str) -> None:
    given = {"connection": CI, "image": "shop/api:${env.BUILD_NUMBER}", "push": "image.push()", **wishes}
    ran(bench, "Jenkinsfile", JENKINS.format(**given))


def assign(bench: Bench, name: str, role: str, scope: str | None = None) -> None:
    found = roles.find(role)
    assert found is not None
    held = next(each for each in running.control().connections() if each["name"] == name)
    at = bench.rest.registry_path(bench.lab.group, REGISTRY) if scope is None else scope
    bench.rest.assign(at, found.id, held["principalId"], str(uuid.uuid4()))


@wrong("connection", "a connection for another registry")
def another(bench: Bench) -> None:
    bench.registry("contosolab15b")
    pipelines.connect(CI, "contosolab15b")


@wrong("connection", "Contributor, to be on the safe side")
def contributor(bench: Bench) -> None:
    pipelines.connect(CI, REGISTRY, "Contributor")


@wrong("connection", "AcrPush, and Contributor for the whole group besides", after=SOLVED)
def and_more(bench: Bench) -> None:
    assign(bench, CI, "Contributor", f"/resourceGroups/{bench.lab.group}")


@wrong("connection", "AcrPull")
def pulls(bench: Bench) -> None:
    pipelines.connect(CI, REGISTRY, "AcrPull")


@wrong("azure", "built and not pushed")
def only_built(bench: Bench) -> None:
    pipelines.connect(CI, REGISTRY)
    azure(bench, command="build")


@wrong("azure", "a tag of one's own")
def own_tag(bench: Bench) -> None:
    pipelines.connect(CI, REGISTRY)
    azure(bench, tag="1.0")


@wrong("azure", "a run that fails after its push")
def fails_after(bench: Bench) -> None:
    pipelines.connect(CI, REGISTRY)
    text = AZURE.format(command="buildAndPush", connection=CI, repository="shop/web", tag="$(Build.BuildId)")
    ran(bench, "azure-pipelines.yml", f"{text}- script: exit 1\n")


@wrong("azure", "pushed by hand")
def by_hand(bench: Bench) -> None:
    pipelines.connect(CI, REGISTRY)
    bench.door(REGISTRY).push("shop/web:1", Image.hello())
    bench.door(REGISTRY).push("shop/web:latest", Image.hello())


@wrong("jenkins", "built and not pushed")
def jenkins_built(bench: Bench) -> None:
    pipelines.connect(CI, REGISTRY)
    jenkins(bench, push="echo image.id")


@wrong("jenkins", "pushed once, and never as latest")
def jenkins_once(bench: Bench) -> None:
    pipelines.connect(CI, REGISTRY)
    jenkins(bench)


@wrong("jenkins", "a credential that is not there")
def no_credential(bench: Bench) -> None:
    pipelines.connect(CI, REGISTRY)
    jenkins(bench, connection="lab15-cd")


@wrong("jenkins", "by Azure Pipelines instead")
def other_system(bench: Bench) -> None:
    pipelines.connect(CI, REGISTRY)
    azure(bench, repository="shop/api")


@wrong("refused", "the reader's role never used")
def unused(bench: Bench) -> None:
    pipelines.connect(READER, REGISTRY, "AcrPull")


@wrong("refused", "a reader of another registry")
def other_registry(bench: Bench) -> None:
    bench.registry("contosolab15b")
    pipelines.connect(READER, "contosolab15b", "AcrPull")


@wrong("refused", "a reader that may push")
def too_much(bench: Bench) -> None:
    pipelines.connect(READER, REGISTRY, "AcrPush")
    azure(bench, connection=READER)


@wrong("refused", "a run that fails for another reason")
def other_reason(bench: Bench) -> None:
    pipelines.connect(READER, REGISTRY, "AcrPull")
    ran(bench, "azure-pipelines.yml", "steps:\n- script: exit 1\n")


@wrong("refused", "the role given afterwards", after=SOLVED)
def mended(bench: Bench) -> None:
    assign(bench, READER, "AcrPush")
    azure(bench, connection=READER)
