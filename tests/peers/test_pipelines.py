"""Pipelines with the programs that build and push: podman, buildah, docker where its daemon runs; and az."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from acrlab.engine import connections
from acrlab.pipelines.machine import TOOL
from tests.peers.lanes import need, not_run
from tests.peers.test_clients import NO_BUILDS_HERE
from tests.pipelines.conftest import Lab, lab

__all__ = ["lab"]

AZURE = """\
trigger: [main]
resources:
- repo: self
variables:
  dockerRegistryServiceConnection: contoso-connection
  imageRepository: team/app
  dockerfilePath: $(Build.SourcesDirectory)/app/Dockerfile
  tag: $(Build.BuildId)
stages:
- stage: Build
  displayName: Build and push stage
  jobs:
  - job: Build
    pool: {vmImage: ubuntu-latest}
    steps:
    - task: Docker@2
      displayName: Build and push an image to container registry
      inputs:
        command: buildAndPush
        repository: $(imageRepository)
        dockerfile: $(dockerfilePath)
        containerRegistry: $(dockerRegistryServiceConnection)
        tags: |
          $(tag)
          latest
"""


@pytest.fixture(params=["podman", "buildah"])
def tool(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A program with a store of its own, in folders short enough for it."""
    found = need(request.param)
    short = Path("/tmp") / f"acrp{abs(hash(tmp_path)) % 10**6}"
    short.mkdir()
    conf = tmp_path / "storage.conf"
    conf.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{short}/g"\nrunroot = "{short}/r"\n')
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(conf))
    monkeypatch.setenv("BUILDAH_ISOLATION", "chroot")
    monkeypatch.setenv(TOOL, str(found))
    yield request.param
    shutil.rmtree(short, ignore_errors=True)


def ran(lab: Lab, text: str, name: str = "azure-pipelines.yml") -> str:
    """Run it; a machine that cannot build says so."""
    lab.folder.joinpath("app").mkdir(parents=True, exist_ok=True)
    (lab.folder / "app" / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    result = lab.run(text, name)
    if result not in ("Succeeded", "SUCCESS") and any(each in lab.log for each in NO_BUILDS_HERE):
        not_run(f"builds cannot work on this machine: {lab.lines[-5:]}")
    return result


def tags(lab: Lab, repository: str = "team/app") -> set[str]:
    found = lab.world.state.registries["contoso"].repositories.get(repository)
    return set(found.tags) if found is not None else set()


def test_docker_2_builds_and_pushes_as_its_connection(lab: Lab, tool: str) -> None:
    assert ran(lab, AZURE) == "Succeeded", lab.log
    assert tags(lab) == {"1", "latest"}
    connection = lab.world.state.connections["contoso-connection"]
    pushes = [event for event in lab.world.events() if type(event).__name__ == "ManifestPushed"]
    assert {event.by for event in pushes} == {connection.principal}
    assert connection.secret not in lab.log and f"[command]/usr/bin/{tool} push" in lab.log


def test_separate_steps_and_a_script_that_says_docker(lab: Lab, tool: str) -> None:
    text = """\
steps:
- task: Docker@2
  inputs: {command: login, containerRegistry: contoso-connection}
- task: Docker@2
  inputs: {command: build, repository: team/app, tags: "one,two", dockerfile: "**/Dockerfile", arguments: "--label x=y"}
- task: Docker@2
  inputs: {command: push, repository: team/app, tags: one}
- script: docker push contoso.azurecr.io/team/app:two
- task: Docker@2
  inputs: {command: logout, containerRegistry: contoso-connection}
- script: docker push contoso.azurecr.io/team/app:two
  continueOnError: true
"""
    assert ran(lab, text) == "SucceededWithIssues", lab.log
    assert tags(lab) == {"one", "two"}


def test_a_connection_that_may_only_pull_cannot_push(lab: Lab, tool: str) -> None:
    with lab.world.lock:
        connections.connect(lab.world, "reader", "contoso", "AcrPull")
    assert ran(lab, AZURE.replace("contoso-connection", "reader")) == "Failed"
    assert tags(lab) == set() and "failed with exit code" in lab.log


def test_azure_cli_2_is_signed_in_as_the_connection(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACRLAB_AZ", str(need("az")))
    with lab.world.lock:
        connections.connect(lab.world, "arm", "contoso", "Contributor")
    text = """\
steps:
- task: AzureCLI@2
  inputs:
    azureSubscription: arm
    scriptType: bash
    scriptLocation: inlineScript
    addSpnToEnvironment: true
    inlineScript: |
      az account show --query user.name -o tsv
      echo "id $servicePrincipalId key $servicePrincipalKey"
      az acr show -n contoso --query loginServer -o tsv
      exit 4
"""
    assert lab.run(text) == "Failed"
    connection = lab.world.state.connections["arm"]
    assert connection.app_id in lab.lines and f"id {connection.app_id} key ***" in lab.lines
    assert "contoso.azurecr.io" in lab.lines and "##[error]Script failed with exit code: 4" in lab.lines
    assert connection.secret not in lab.log


JENKINS = """\
pipeline {
    agent any
    environment {
        REGISTRY = 'contoso.azurecr.io'
    }
    stages {
        stage('Build and push') {
            steps {
                script {
                    docker.withRegistry("https://${REGISTRY}", 'contoso-connection') {
                        def image = docker.build("${REGISTRY}/team/app:${env.BUILD_ID}", '-f app/Dockerfile app')
                        image.push()
                        image.push('latest')
                    }
                }
            }
        }
    }
}
"""


def test_docker_workflow_builds_and_pushes_as_its_credential(lab: Lab, tool: str) -> None:
    assert ran(lab, JENKINS, "Jenkinsfile") == "SUCCESS", lab.log
    assert tags(lab) == {"1", "latest"}
    connection = lab.world.state.connections["contoso-connection"]
    pushes = [event for event in lab.world.events() if type(event).__name__ == "ManifestPushed"]
    assert {event.by for event in pushes} == {connection.principal}
    assert connection.secret not in lab.log
    assert '+ docker push contoso.azurecr.io/team/app:latest' in lab.log


def test_a_scripted_login_and_a_credential_that_may_not_push(lab: Lab, tool: str) -> None:
    with lab.world.lock:
        connections.connect(lab.world, "reader", "contoso", "AcrPull")
    text = """\
node {
    checkout scm
    withCredentials([usernamePassword(credentialsId: 'WHO', usernameVariable: 'U', passwordVariable: 'P')]) {
        sh '''
            docker build -t contoso.azurecr.io/team/app:x app
            echo "$P" | docker login --username "$U" --password-stdin contoso.azurecr.io
            docker push contoso.azurecr.io/team/app:x
        '''
    }
}
"""
    assert ran(lab, text.replace("WHO", "reader"), "Jenkinsfile") == "FAILURE" and tags(lab) == set()
    assert ran(lab, text.replace("WHO", "contoso-connection"), "Jenkinsfile") == "SUCCESS", lab.log
    assert tags(lab) == {"x"}
