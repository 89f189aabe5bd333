"""Lab 15 solved with requests to the controls, and with `az` for what az can see of it."""

import shutil
import tempfile
from pathlib import Path

from acrlab import pipelines
from acrlab.course.ways import Az, Way

AZURE = """\
steps:
- task: Docker@2
  inputs: {command: login, containerRegistry: NAME}
- bash: |
    docker build -t contosolab15.azurecr.io/shop/web:$(Build.BuildId) -t contosolab15.azurecr.io/shop/web:latest .
    docker push contosolab15.azurecr.io/shop/web:$(Build.BuildId) && docker push contosolab15.azurecr.io/shop/web:latest
"""
JENKINS = """\
node {
    checkout scm
    withCredentials([usernamePassword(credentialsId: 'lab15-ci', usernameVariable: 'U', passwordVariable: 'P')]) {
        sh '''
            echo "$P" | docker login --username "$U" --password-stdin contosolab15.azurecr.io
            for tag in $BUILD_NUMBER latest; do
                docker build -t contosolab15.azurecr.io/shop/api:$tag .
                docker push contosolab15.azurecr.io/shop/api:$tag
            done
        '''
    }
}
"""


def az(az: Az) -> None:
    """The same pipelines; what they pushed is asked of `az`."""
    _work(az)
    tags = az("acr", "repository", "show-tags", "--name", "contosolab15", "--repository", "shop/web")
    assert "latest" in tags


def http(way: Way) -> None:
    """Scripts in the pipelines instead of tasks."""
    _work(way)


def _work(way: Way) -> None:
    folder = Path(tempfile.mkdtemp(prefix="acrlab-lab15-"))
    try:
        work = folder / "shop"
        shutil.copytree(way.lab.folder.data("app"), work)
        pipelines.connect("lab15-ci", "contosolab15")
        pipelines.connect("lab15-reader", "contosolab15", "AcrPull")
        for name, text in (("a.yml", AZURE.replace("NAME", "lab15-ci")), ("Jenkinsfile", JENKINS),
                           ("b.yml", AZURE.replace("NAME", "lab15-reader"))):  # fmt: skip
            (work / name).write_text(text)
            pipelines.run(work / name)
    finally:
        shutil.rmtree(folder)
