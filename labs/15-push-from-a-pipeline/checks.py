"""What lab 15 expects: two connections with their roles, two pipelines that pushed, and one that could not."""

from collections.abc import Iterator

from acrlab.course import Evidence, Finding, check, expect, never
from acrlab.domain import events

REGISTRY = "contosolab15"
HOST = f"{REGISTRY}.azurecr.io"
CI, READER = "lab15-ci", "lab15-reader"


def _holds(seen: Evidence, name: str, role: str) -> Iterator[Finding]:
    """A connection for the lab's registry that has this role there, and nothing else anywhere."""
    home = seen.registry(REGISTRY)
    found = seen.state.connections.get(name)
    mine = found is not None and home is not None and found.registry == home.resource.lower()
    yield expect(mine, f"a connection {name} for {REGISTRY}", "there is one" if mine else "there is none")
    held = seen.assignments(f"pipeline-{name}") if found is not None else []
    right = [each for each in held if each.role == role and each.scope.endswith(f"/registries/{REGISTRY}")]
    told = ", ".join(sorted({each.role for each in held})) or "no role"
    yield expect(bool(right), f"{name} holds {role} at {REGISTRY}", told)
    yield never(len(held) > len(right), f"{name} holding anything else", told, "one small role is enough")


@check(
    "A connection lab15-ci that pushes to this registry, and nothing else",
    points=2,
    step=1,
    hints=(
        "A pipeline signs in as somebody. Who is it, and which role is the smallest that pushes?",
        "acrlab pipeline connect makes a service principal with a role on a registry, AcrPush unless told otherwise.",
        'pipelines.connect("lab15-ci", "contosolab15")',
    ),
)
def connection(seen: Evidence) -> Iterator[Finding]:
    yield from _holds(seen, CI, "AcrPush")


@check(
    "An azure-pipelines.yml has pushed shop/web, under its build's id and as latest",
    points=3,
    step=2,
    hints=(
        "One task of Azure Pipelines builds and pushes. It needs a repository, tags, and a service connection.",
        "Docker@2 with command buildAndPush, containerRegistry lab15-ci, repository shop/web, and two tags in lines "
        "of their own: $(Build.BuildId) and latest.",
        'text = """steps:\n- task: Docker@2\n  inputs:\n    command: buildAndPush\n    containerRegistry: lab15-ci\n'
        '    repository: shop/web\n    tags: |\n      $(Build.BuildId)\n      latest\n"""\n'
        '(work / "azure-pipelines.yml").write_text(text)\npipelines.run(work / "azure-pipelines.yml")',
    ),
)
def azure(seen: Evidence) -> Iterator[Finding]:
    yield from _pushed(seen, "azure", "Succeeded", "shop/web")


@check(
    "A Jenkinsfile has pushed shop/api, under its build's number and as latest",
    points=3,
    step=3,
    hints=(
        "docker-workflow has two verbs for it: one that signs in for a block, one that builds inside of it.",
        "docker.withRegistry(url, credential) { … } around docker.build(name) and two calls of push. The name of the "
        "image carries env.BUILD_NUMBER as its tag.",
        'text = """pipeline {\n    agent any\n    stages {\n        stage(\'Push\') {\n            steps {\n'
        "                script {\n"
        "                    docker.withRegistry('https://contosolab15.azurecr.io', 'lab15-ci') {\n"
        '                        def image = docker.build("shop/api:${env.BUILD_NUMBER}")\n'
        "                        image.push()\n                        image.push('latest')\n"
        '                    }\n                }\n            }\n        }\n    }\n}\n"""\n'
        '(work / "Jenkinsfile").write_text(text)\npipelines.run(work / "Jenkinsfile")',
    ),
)
def jenkins(seen: Evidence) -> Iterator[Finding]:
    yield from _pushed(seen, "jenkins", "SUCCESS", "shop/api")


def _pushed(seen: Evidence, system: str, good: str, repository: str) -> Iterator[Finding]:
    ended = {each.number: each.outcome for each in seen.of(events.PipelineEnded)}
    numbers = {each.number for each in seen.of(events.PipelineStarted, system=system)}
    done = {str(number) for number in numbers if ended.get(number) == good}
    yield expect(bool(done), f"a run of {system} that went well", "one did" if done else "none did")
    found = seen.state.connections.get(CI)
    pushes = [
        each for each in seen.of(events.ManifestPushed, registry=REGISTRY, repository=repository)
        if found is not None and each.by == found.principal
    ]  # fmt: skip
    tags = {each.tag for each in pushes}
    yield expect(bool(tags & done), f"{repository} pushed by {CI} with the run's number as its tag", _told(tags, done))
    yield expect("latest" in tags, f"{repository}:latest pushed by {CI}", "pushed" if "latest" in tags else "not by it")


def _told(tags: set[str], done: set[str]) -> str:
    return "pushed" if tags & done else "pushed with another tag" if tags else "not pushed by it"


@check(
    "A pipeline with the role that pulls was refused",
    points=2,
    step=4,
    hints=(
        "Run the same pipeline as somebody who may only pull, and read what the registry says to the push.",
        "A connection lab15-reader with AcrPull, and an azure-pipelines.yml that pushes with it. The run has to fail.",
        'pipelines.connect("lab15-reader", "contosolab15", "AcrPull")\n'
        'text = (work / "azure-pipelines.yml").read_text().replace("lab15-ci", "lab15-reader")\n'
        '(work / "refused.yml").write_text(text)\npipelines.run(work / "refused.yml")',
    ),
)
def refused(seen: Evidence) -> Iterator[Finding]:
    yield from _holds(seen, READER, "AcrPull")
    own = [each for each in seen.exchanges if each.host == HOST and each.principal == f"pipeline-{READER}"]
    pushes = [each for each in own if each.method in ("POST", "PUT", "PATCH") and each.path.startswith("/v2/")]
    denied = [each for each in pushes if each.status in (401, 403)]
    yield expect(bool(denied), f"a push by {READER} that was refused", "refused" if denied else "none was tried")
    failed = [each for each in seen.of(events.PipelineEnded) if each.outcome in ("Failed", "FAILURE")]
    yield expect(bool(failed), "a run that failed", "one did" if failed else "none did")
    through = [each for each in pushes if each.status < 400]
    yield never(bool(through), f"a push by {READER} that went through", "one went through", "its role is too large")
