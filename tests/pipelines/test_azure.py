"""azure-pipelines.yml: what is run is really run, and what is not in the subset is refused by name and line."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from acrlab.pipelines.azure.expressions import State, holds
from acrlab.pipelines.azure.model import Branches
from acrlab.pipelines.azure.triggers import Push, starts
from acrlab.pipelines.machine import Machine
from acrlab.pipelines.refusals import PipelineRefused, StepFailed
from tests.pipelines.conftest import Lab

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the scripts of pipelines are bash's")

SCRIPTS = """\
name: release-$(Build.BuildId)
trigger: [main, releases/*]
variables:
  greeting: hello
  who: $(greeting) world
steps:
- script: echo "$(who) from $(Build.BuildNumber), $BUILD_SOURCEBRANCH, $GREETING"
  displayName: Say $(greeting)
- bash: |
    echo "##vso[task.setvariable variable=colour]red"
    echo "##vso[task.setvariable variable=pin;isSecret=true]4711-geheim"
  name: choose
- script: echo "$(colour) $(unknown-command-that-stays) $(pin) ${PIN:-unmapped} $MAPPED"
  env:
    MAPPED: $(pin)
- script: cat src.txt; pwd
  workingDirectory: $(Build.SourcesDirectory)/sub
"""


def test_scripts_run_with_their_variables(lab: Lab) -> None:
    (lab.folder / "sub").mkdir(parents=True)
    (lab.folder / "sub" / "src.txt").write_text("from the checkout\n")
    assert lab.run(SCRIPTS) == "Succeeded"
    said = lab.said()
    assert "hello world from release-1, refs/heads/main, hello" in said
    assert "##[section]Starting: Say hello" in lab.lines
    line = next(each for each in said if each.startswith("red "))
    assert line == "red  *** unmapped ***", line
    assert "4711-geheim" not in lab.log
    assert "from the checkout" in said and any(each.endswith("/s/sub") for each in said)
    run = lab.world.state.pipelines[0]
    assert (run.number, run.system, run.result) == (1, "azure", "Succeeded")


def test_what_fails_fails_and_the_rest_is_skipped(lab: Lab) -> None:
    text = """\
steps:
- script: exit 3
- script: echo not reached
- script: echo cleaning
  condition: always()
- script: echo on failure
  condition: and(failed(), eq(variables['Agent.JobStatus'], 'Failed'))
"""
    assert lab.run(text) == "Failed"
    assert "##[error]Bash exited with code '3'." in lab.lines
    assert "not reached" not in lab.said() and "cleaning" in lab.said() and "on failure" in lab.said()
    assert lab.run("steps:\n- script: exit 1\n  continueOnError: true\n- script: echo on\n") == "SucceededWithIssues"
    assert "on" in lab.said() and "##[warning]Bash exited with code '1'." in lab.lines
    retry = "steps:\n- script: test -f $(Agent.TempDirectory)/x || { touch $(Agent.TempDirectory)/x; exit 1; }\n"
    assert lab.run(f"{retry}  retryCountOnTaskFailure: 1\n") == "Succeeded"


def test_stages_and_jobs_wait_for_each_other(lab: Lab) -> None:
    text = """\
stages:
- stage: Build
  jobs:
  - job: A
    steps: [{script: echo A}]
  - job: B
    dependsOn: A
    variables: {inner: b}
    steps:
    - checkout: none
    - script: echo B $(inner) && ls | wc -l
- stage: Broken
  jobs:
  - job: C
    steps: [{script: exit 1}]
- stage: Skipped
  jobs:
  - job: D
    steps: [{script: echo D}]
- stage: Apart
  dependsOn: []
  condition: ne(variables['Build.SourceBranchName'], 'release')
  jobs:
  - job: E
    steps: [{script: echo E}]
- stage: After
  dependsOn: Broken
  condition: failed()
  jobs:
  - job: F
    steps: [{script: echo F}]
"""
    assert lab.run(text) == "Failed"
    said = lab.said()
    assert [each for each in said if each in ("A", "B b", "D", "E", "F")] == ["A", "B b", "E", "F"]
    assert "0" in said, "checkout: none leaves the sources empty"
    assert "##[section]Skipping stage: Skipped" in lab.lines


def test_a_pipeline_does_not_get_its_owners_keys(lab: Lab) -> None:
    assert lab.run("steps:\n- script: env\n") == "Succeeded"
    environment = lab.emulator.environment()
    for name in ("AZURE_CLIENT_SECRET", "ACRLAB_CONTROL", "ACRLAB_IDENTITY_HEADER"):
        assert environment[name] not in lab.log and f"{name}=" not in lab.log


def test_the_checkout_is_what_is_committed(lab: Lab) -> None:
    lab.folder.mkdir()
    (lab.folder / "file.txt").write_text("committed\n")
    git = ["git", "-c", "user.name=L", "-c", "user.email=l@x"]
    for command in (["init", "-q", "-b", "topic"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *command], cwd=lab.folder, check=True)
    (lab.folder / "file.txt").write_text("not committed\n")
    text = "steps:\n- script: cat file.txt; echo $(Build.SourceBranchName) $(Build.SourceVersion)\n"
    assert lab.run(text) == "Succeeded"
    head = subprocess.run([*git, "rev-parse", "HEAD"], cwd=lab.folder, capture_output=True, text=True, check=True)
    assert "committed" in lab.said() and f"topic {head.stdout.strip()}" in lab.said()


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("steps:\n- pwsh: ls\n", "the step `pwsh`", 2),
        ("steps:\n- task: KubernetesManifest@1\n", "the task KubernetesManifest@1", 2),
        ("steps:\n- task: Docker@2\n  inputs:\n    command: start\n", "the command start", 2),
        ("steps:\n- task: Docker@2\n  inputs:\n    addBaseImageData: true\n", "the input `addbaseimagedata`", 4),
        ("steps:\n- task: Docker@2\n  inputs:\n    arguments: --no-cache\n", "takes no arguments", 4),
        ("steps:\n- script: ls\n  target: host\n", "`target` of a script step", 3),
        ("steps:\n- script: ls\n  failOnStderr: true\n", "`failOnStderr: true`", 3),
        ("steps:\n- ${{ if eq(1, 1) }}:\n  - script: ls\n", "the step `${{ if eq(1, 1) }}`", 2),
        ("steps:\n- script: echo ${{ parameters.x }}\n", "the template expression", 2),
        ("variables:\n  x: $[counter('a', 1)]\nsteps:\n- script: ls\n", "the runtime expression", 0),
        ("steps:\n- script: ls\n  condition: startsWith(x, 'a')\n", "`x` in a condition", 2),
        ("steps:\n- script: ls\n  condition: xor(true, false)\n", "the function `xor`", 2),
        ("steps:\n- script: ls\n  condition: and(true\n", "the condition ends early", 2),
        ("jobs:\n- job: A\n  strategy: {matrix: {}}\n  steps: []\n", "`strategy` of a job", 3),
        ("jobs:\n- deployment: A\n", "`deployment` of a job", 2),
        ("jobs:\n- job: A\n  dependsOn: B\n  steps: []\n", "depends on B", 2),
        ("variables:\n- group: secrets\nsteps: []\n", "`group` of a variable", 2),
        ("extends: {template: x.yml}\n", "`extends` of a pipeline", 1),
        ("pool: {vmImage: windows-latest}\nsteps: []\n", "an agent of windows-latest", 1),
        ("parameters: []\nsteps: []\n", "`parameters`", 1),
        ("resources:\n- repo: other\nsteps: []\n", "a resource other than", 2),
        ("steps: []\njobs: []\n", "either stages, jobs, or steps", 1),
        ("a: &x 1\nsteps: []\n", "Anchors are not currently supported", 1),
        ("steps: [\n", "this is no YAML", 2),
        ("- script: ls\n", "a pipeline is a mapping", 1),
        ("steps:\n- task: AzureCLI@2\n  inputs: {scriptType: ps}\n", "scriptType", 2),
        ("steps:\n- script: ls\n- script: ls\n  script: ls\n", "is a key twice", 4),
    ],
)
def test_what_is_not_in_the_subset_is_refused(lab: Lab, text: str, what: str, line: int) -> None:
    with pytest.raises(PipelineRefused) as refused:
        lab.run(text)
    assert what in refused.value.what and (not line or refused.value.line == line), refused.value
    assert not lab.lines and not lab.world.state.pipelines, "nothing was run"


def test_an_unknown_connection_is_refused_as_azure_does(lab: Lab) -> None:
    text = """\
variables: {connection: nowhere}
steps:
- task: Docker@2
  inputs:
    containerRegistry: $(connection)
    repository: app
"""
    with pytest.raises(PipelineRefused, match="references service connection nowhere which could not be found"):
        lab.run(text)


def test_triggers(lab: Lab) -> None:
    branches = "branches:\n    include: [main, releases/*]\n    exclude: [releases/old*]\n"
    text = f"trigger:\n  {branches}steps:\n- script: echo ran\n"
    assert lab.run(text, reason="push", branch="main") == "Succeeded"
    assert lab.run(text, reason="push", branch="releases/1") == "Succeeded"
    assert lab.run(text, reason="push", branch="releases/old1") == "NotTriggered"
    assert lab.run(text, reason="push", branch="topic") == "NotTriggered"
    assert lab.log == "##[section]Not triggered: branch topic is not among main, releases/*"
    assert lab.run(text, branch="topic") == "Succeeded", "by hand everything runs"
    assert lab.run("trigger: none\nsteps:\n- script: ls\n", reason="push") == "NotTriggered"
    paths = Branches(paths=("src/*",), but_paths=("src/docs",))
    assert starts(paths, Push("main", ("src/a.py",)))[0]
    assert not starts(paths, Push("main", ("README.md",)))[0] and not starts(paths, Push("main", ("src/docs/a",)))[0]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", True), ("succeeded()", True), ("failed()", False), ("not(failed())", True), ("eq(1, '1')", True),
        ("and(true, in('B', 'a', 'b'))", True), ("or(false, contains('Hello', 'ELL'))", True),
        ("eq(variables['a.b'], 'It''s')", True), ("ne(variables.none, '')", False), ("endsWith('abc', 'bc')", True),
    ],
)  # fmt: skip
def test_conditions(condition: str, expected: bool) -> None:
    assert holds(condition, State({"a.b": "it's"}), 1) is expected


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    machine = Machine(tmp_path, os.environ)
    said: list[str] = []
    with pytest.raises(StepFailed, match="longer than"):
        machine.run(["sh", "-c", "echo started; exec tail -f /dev/null"], tmp_path, {}, said.append, timeout=0.5)
    assert said == ["started"]
