"""Whatever a task file says, the run ends and says how."""

from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from acrlab.agents.protocol import Capabilities, EngineFailed
from acrlab.agents.runner.run import execute
from acrlab.domain.tasks.run import Ending, Order
from tests.agents.runner.machine import Account, Desk

STATES = {"Succeeded", "Failed", "Timeout", "Canceled"}  # and never Error: the runner is not at fault


class Nothing:
    """An agent that can do nothing."""

    capabilities = Capabilities(engine="none", reasons=("no container here",))

    def images(self):
        return []

    def digest(self, reference):
        return ""

    def remove(self, name):
        pass

    def network(self, name, driver, *, create):
        pass

    def refuse(self, *arguments, **named):
        raise EngineFailed("acrlab: containers cannot run here: no container here", 125)

    build = start = pull = push = tag = refuse


def ending(folder, text, **more):
    cancelled = SimpleNamespace(is_set=lambda: False, wait=lambda seconds=None: False)
    order = Order(run="c", registry="r.azurecr.io", task_text=text, timeout=20.0, **more)
    return execute(order, Nothing(), Account(), Desk(), folder, lambda line: None, cancelled, lambda: 0.0)


WORDS = st.sampled_from(
    ["version: v1.1.0\n", "alias:\n  values:\n    a: b\n", "steps:\n", "  - cmd: ", "  - build: ", "  - push: ",
     "    id: ", "    when: ", "    env: ", "    volumeMounts: ", "    timeout: 1\n", "volumes:\n", "  - name: v\n",
     "    secret: {f: x}\n", "secrets:\n", "networks:\n", "bash", " ", "-t a", "-f D", " .", "[x]", "[\"-\"]",
     "$Registry",
     "{{.Run.ID}}", "{{", "}}", "'", '"', "`", "$(", ")", "&&", "|", ";", "docker", " build", " run", " push", " -v",
     " /:/", "acr", " purge", "\n", "#", "&x", "*x", "~", "../..", "https://x/y.git", "\u0000", "é", "a b"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(words=st.lists(WORDS, max_size=30), values=st.dictionaries(st.text(max_size=3), st.text(max_size=5), max_size=2))
def test_every_task_file_ends(tmp_path_factory, words, values):
    found = ending(tmp_path_factory.mktemp("run"), "".join(words), values=values)
    assert isinstance(found, Ending)
    assert found.status in STATES, found.error


STEP = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "b", "aa", "web", "", "x y", "acb_root"]),
        "cmd": st.sampled_from(["bash echo", "acr purge", "docker build .", "docker", "", "x|y", "'", "docker run x"]),
        "build": st.sampled_from(["-t a .", "", "--nope", ". .", "https://h/r.git"]),
        "push": st.lists(st.sampled_from(["a", "b:1", "", "A B"]), max_size=2),
        "when": st.lists(st.sampled_from(["-", "a", "b", ""]), max_size=2),
        "ignoreErrors": st.booleans(),
        "detach": st.booleans(),
        "keep": st.booleans(),
        "pull": st.booleans(),
        "cache": st.sampled_from(["enabled", "disabled", "x"]),
        "env": st.lists(st.sampled_from(["A=b", "A", "=", "A='"]), max_size=2),
        "repeat": st.integers(-1, 2),
        "timeout": st.integers(-1, 3),
        "workingDirectory": st.sampled_from(["", "/", "..", "a b", "sub"]),
        "network": st.sampled_from(["", "none", "a b", "$HOME"]),
        "entryPoint": st.sampled_from(["", "sh", "a b"]),
        "retries": st.integers(-1, 0),
    },
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(steps=st.lists(STEP, max_size=5))
def test_every_step_ends(tmp_path_factory, steps):
    import json

    found = ending(tmp_path_factory.mktemp("run"), json.dumps({"version": "v1.0.0", "steps": steps}))
    assert found.status in STATES, found.error
