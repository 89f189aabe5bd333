"""What a task may say, and what it means when it does not. Source: the texts are the engine's."""

import pytest

from acrlab.domain.tasks.task import Mount, Network, Secret, Step, Task, TaskInvalid, Volume, plan, validate

VOLUME = Volume(name="v", secret={"f": "YQ=="})
GUID = "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    "task, text",
    [
        (Task(secrets=[Secret()]), "secret is missing an ID as well as auto-generated ID"),
        (Task(secrets=[Secret(id="a b", keyvault="x")]),
         "failed to validate secret with ID: a b: secret ID cannot contain spaces"),
        (Task(secrets=[Secret(id="a")]),
         "failed to validate secret with ID: a: secret should contain either keyvault property for vault secret, or "
         "msi clientID/aadResourceId for msi authentication"),
        (Task(secrets=[Secret(id="a", keyvault="x", client="no")]),
         "failed to validate secret with ID: a: msi client ID is not a valid guid"),
        (Task(secrets=[Secret(id="a", keyvault="x")] * 2), "duplicate secret found with ID: a"),
        (Task(volumes=[Volume(secret={"f": ""})]), "volume name is empty"),
        (Task(volumes=[Volume(name="a/b", secret={"f": ""})]),
         "volume name is not well formed. Only use alphanumeric and - _"),
        (Task(volumes=[Volume(name="a")]), "currently only support for source type secret"),
        (Task(volumes=[Volume(name="a", secret={})]), "secret is empty"),
        (Task(volumes=[Volume(name="a", secret={"": "x"})]), "secret name provided for value is empty"),
        (Task(volumes=[Volume(name="a", secret={"../x": "x"})]),
         "file name, ../x, is not well formed. Only use alphanumeric and - _ ."),
        (Task(volumes=[VOLUME, VOLUME]), "volume with duplicate name found"),
        (Task(steps=[Step(cmd="x", mounts=[Mount(name="w", path="/x")])], volumes=[VOLUME]),
         "provided mount name does not correspond to a volume"),
        (Task(steps=[None]), "runtime error: invalid memory address or nil pointer dereference"),
    ],
)  # fmt: skip
def test_refused_when_read(task, text):
    with pytest.raises(TaskInvalid) as invalid:
        validate(task)
    assert str(invalid.value) == text


def one(**fields):
    return Task(steps=[Step(**fields)])


@pytest.mark.parametrize(
    "task, text",
    [
        (Task(version="v2.0.0"), 'invalid version specified: "v2.0.0", the current version is "v1.0.0"'),
        (one(cmd="x", retries=-1), "step must specify retries >= 0"),
        (one(cmd="x", repeat=-1), "step must specify repeat >= 0"),
        (one(cmd="x", build="y"), "step must only contain a single build, cmd, or push property"),
        (one(cmd="x", id="a b"), "step ID cannot contain spaces"),
        (one(), "step is missing a cmd, build, or push property"),
        (one(build="x", mounts=[Mount(name="v", path="/x")]),
         "invalid use of Mounts. Mounts must have unique container paths and used for CMD steps"),
        (one(cmd="x", mounts=[Mount(name="v")]), "mount name or container file path is empty"),
        (one(cmd="x", mounts=[Mount(name="v", path="/x"), Mount(name="w", path="/x")]),
         "mount with duplicate container file path found"),
        (one(cmd="x", when=["-", "a"]),
         "step cannot contain other IDs in when if the immediate execution token is specified"),
        (one(cmd="x", id="a", when=["a"]), "Step ID: a is self-referenced"),
        (one(build="x", cache="sometimes"), "invalid value for cache property. Valid values are 'enabled', 'disabled'"),
        (one(cmd="x", when=["y"]), "y does not exist as a vertex [from: y, to: acb_step_0]"),
        (one(cmd="x", when=[""]), "from cannot be empty"),
        (one(cmd="x", id="acb_root"), "acb_root is a reserved ID, it can't be used"),
        (Task(steps=[Step(cmd="x", id="a"), Step(cmd="y", id="a")]), "a already exists as a vertex"),
        (Task(steps=[Step(cmd="x", when=["b"]), Step(cmd="y", id="b")]),
         "b does not exist as a vertex [from: b, to: acb_step_0]"),
        (Task(steps=[Step(cmd="x")], env=["NOEQ"]),
         "failed to merge task and step environment variables: cannot parse task environment variable NOEQ correctly"),
        (Task(steps=[Step(cmd="x", env=["NOEQ"])], env=["A=b"]),
         "failed to merge task and step environment variables: cannot parse step environment variable NOEQ correctly"),
    ],
)  # fmt: skip
def test_refused_when_planned(task, text):
    with pytest.raises(TaskInvalid) as invalid:
        plan(task)
    assert str(invalid.value) == text


def test_defaults():
    found = plan(Task(steps=[Step(cmd="x"), Step(push=["a", "a:latest", "b:1"])], env=["A=1,B=2"]))
    first, second = found.steps
    assert (first.id, first.timeout, first.retry_delay, first.network) == ("acb_step_0", 600, 5, "acb_default_network")
    assert (second.id, second.push) == ("acb_step_1", ["a:latest", "b:1"])
    assert first.env == ["A=1", "B=2"]
    assert found.networks[0].driver == "bridge"
    assert found.waits == {"acb_step_0": frozenset(), "acb_step_1": {"acb_step_0"}}


@pytest.mark.parametrize("version", ["", "1.0-preview-1", "v1.0.0", "V1.1.0"])
def test_versions(version):
    assert plan(Task(version=version)).steps == ()


def test_what_a_task_gives_its_steps():
    task = Task(
        steps=[Step(cmd="x", env=["A=own"], working_directory="w"), Step(cmd="y", timeout=7)], step_timeout=9,
        env=["A=shared", "C=3"], working_directory="sub", networks=[Network(name="n", default=True), Network(name="m")],
    )  # fmt: skip
    first, second = plan(task).steps
    assert (first.env, first.timeout, first.working_directory) == (["A=own", "C=3"], 9, "w")
    assert (second.env, second.timeout, second.working_directory) == (["A=shared", "C=3"], 7, "sub")
    assert first.network == "n"


def test_no_default_network_is_no_network():
    assert plan(Task(steps=[Step(cmd="x")], networks=[Network(name="n")])).steps[0].network == ""
    assert plan(Task(steps=[Step(cmd="x")]), "windows").networks[0].driver == "nat"


def test_tags_and_arguments_of_a_build():
    (step,) = plan(one(build="-t a:1 --tag b --build-arg X=1 --build-arg Y='2' -f Dockerfile .")).steps
    assert (step.tags, step.arguments) == (["a:1", "b"], ["X=1", "Y='2'"])


def test_secrets_are_fine():
    validate(Task(secrets=[Secret(id="a", keyvault="x", client=GUID)], volumes=[VOLUME]))
