"""Quick builds: tags, arguments, pushes, and their log against the recorded one."""

import re
from pathlib import Path

import pytest

from acrlab.domain.tasks.run import Image, Order
from tests.agents.runner.machine import Run, digest

RECORDED = Path(__file__).resolve().parents[4] / "shared/reference/acr-tasks-logs/acb-real-run-2.log"


def test_a_missing_dockerfile(tmp_path):
    if not RECORDED.exists():
        pytest.skip(f"RECORDING NOT REPLAYED: {RECORDED.name} is not here")
    one = Run(tmp_path)
    ending = one.order(Order(run="cf9", registry="localhost:5543", dockerfile="nosuch.df", images=("x:1",)))
    text = RECORDED.read_text(encoding="utf-8")
    part = text.partition("build -t x:1 -f nosuch.df")[2].partition("\nrc=1")[0].splitlines()[2:]  # home volume
    assert one.lines()[1:] == [re.sub(r"^[\d/]{10} [\d:]{8} ", "", line) for line in part]
    assert (ending.status, ending.error) == ("Failed", "failed during run, err: exit status 1")


def test_built_and_pushed(tmp_path):
    one = Run(tmp_path, {"sub/app.df": "ARG BASE\nFROM $BASE\n"})
    order = Order(
        run="ca1", registry="myreg.azurecr.io", dockerfile="sub/app.df", images=("app:v1", "myreg.azurecr.io/app"),
        arguments={"BASE": "python:3", "NOTE": "two words; $HOME"}, target="",
    )  # fmt: skip
    ending = one.order(order)
    (build,) = one.agent.builds
    assert build.tags == ("myreg.azurecr.io/app:v1", "myreg.azurecr.io/app:latest")
    assert build.args == {"BASE": "python:3", "NOTE": "two words; $HOME"}
    assert build.dockerfile == "sub/app.df"
    assert ending.status == "Succeeded"
    assert [each.tag for each in ending.images] == ["v1", "latest"]
    assert ending.dependencies[0].runtime == Image("registry.hub.docker.com", "library/python", "3")
    assert one.agent.pushed == ["myreg.azurecr.io/app:v1", "myreg.azurecr.io/app:latest"]
    assert "  runtime-dependency:" in one.log


def test_no_push(tmp_path):
    one = Run(tmp_path, {"Dockerfile": "FROM scratch\n"})
    ending = one.order(Order(run="ca1", registry="r.azurecr.io", dockerfile="Dockerfile", images=("a",), push=False))
    assert (ending.status, ending.images, one.agent.pushed) == ("Succeeded", (), [])
    assert ending.dependencies[0].image == Image("r.azurecr.io", "a", "latest")


def test_push_is_tried_three_times(tmp_path):
    one = Run(tmp_path, {"Dockerfile": "FROM scratch\n"})
    one.agent.push_failures = 2
    order = Order(run="ca1", registry="r.azurecr.io", dockerfile="Dockerfile", images=("a:1",))
    assert one.order(order).status == "Succeeded"
    assert [line for line in one.lines() if line.startswith("Pushing")] == [
        f"Pushing image: r.azurecr.io/a:1, attempt {attempt}" for attempt in (1, 2, 3)
    ]
    two = Run(tmp_path / "two", {"Dockerfile": "FROM scratch\n"})
    two.agent.push_failures = 3
    assert two.order(order).status == "Failed"
    assert two.lines()[-1] == "failed to run step ID: push: failed to push images successfully"
    assert digest("r.azurecr.io/a") not in "".join(two.log)


def test_names_and_arguments_are_rendered(tmp_path):
    one = Run(tmp_path, {"Dockerfile": "ARG BY\nFROM scratch\n"})
    order = Order(
        run="ca7", registry="r.azurecr.io", dockerfile="Dockerfile", images=("app:{{.Run.ID}}", "{{.Run.OS}}/app"),
        arguments={"BY": "{{.Run.Registry}}"},
    )  # fmt: skip
    assert one.order(order).status == "Succeeded"
    assert one.agent.pushed == ["r.azurecr.io/app:ca7", "r.azurecr.io/linux/app:latest"]
    wrong = Order(run="ca8", registry="r.azurecr.io", dockerfile="Dockerfile", images=("app:{{.Nobody",))
    assert one.order(wrong).status == "Failed"
    assert one.log[-1].startswith("error while rendering templates: ")
