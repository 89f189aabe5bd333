"""Task files as yaml.v2 reads them: recorded_yaml.json holds what it answered (v2.4.0, Go 1.26) for the same types."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acrlab.agents.runner import taskfile
from acrlab.agents.runner.decode import decoded
from acrlab.agents.runner.documents import YamlInvalid, parse
from acrlab.domain.tasks.task import Task, TaskInvalid

RECORDED = json.loads((Path(__file__).parent / "recorded_yaml.json").read_text(encoding="utf-8"))


def shown(task):
    return {
        "Steps": [
            step and {
                "ID": step.id, "Cmd": step.cmd, "Build": step.build, "Push": step.push, "When": step.when,
                "Timeout": step.timeout, "ExitedWith": step.exited_with, "Keep": step.keep, "Envs": step.env,
                "Mounts": [mount and {"Name": mount.name, "MountPath": mount.path} for mount in step.mounts],
                "Tags": step.tags,
            }
            for step in task.steps
        ],
        "StepTimeout": task.step_timeout,
        "Version": task.version,
        "Volumes": [volume and {"Name": volume.name, "Secret": volume.secret} for volume in task.volumes],
    }  # fmt: skip


@pytest.mark.parametrize("text, task, error", RECORDED, ids=[repr(row[0])[:60] for row in RECORDED])
def test_as_yaml_v2(text, task, error):
    if error is None:
        assert shown(decoded(parse(text), taskfile.TASK, Task())) == task
        return
    with pytest.raises(YamlInvalid) as invalid:
        decoded(parse(text), taskfile.TASK, Task())
    assert str(invalid.value) == error


LAUGHS = [f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 4)}]" for n in range(20)]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 10_000,
        "- " * 10_000,
        "a: &a [x,x,x,x]\n" + "\n".join(LAUGHS) + "\nsteps: [{push: *u}]",
        "steps:\n" + "- &a {cmd: x}\n" + "- *a\n" * 250_000,
    ],
    ids=["brackets", "braces", "dashes", "laughs", "aliases"],
)  # fmt: skip
def test_large_and_deep_text_is_refused(text):
    with pytest.raises(YamlInvalid):
        taskfile.values(text)
        taskfile.task(text)


WORDS = st.sampled_from(
    ["steps:", "- ", "cmd:", "build:", "push:", "id:", "when:", "[", "]", "{", "}", ",", ":", "&a", "*a", "<<", "!!int",
     "!!binary", "|", ">", "'", '"', "\n", "\n  ", "\n    ", "x", "1", "~", "true", "#", "%", "@", "\t", "\x00", "é",
     "?", "secrets:", "volumes:", "networks:", "- -", "---", "..."]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=40))
def test_every_text_is_read_or_refused(words):
    text = "".join(words)
    for read in (taskfile.task, taskfile.aliases, taskfile.names, taskfile.values):
        try:
            read(text)
        except YamlInvalid as invalid:
            assert str(invalid).startswith("yaml: ")
        except TaskInvalid:
            assert read is taskfile.task
