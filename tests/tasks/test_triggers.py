"""What starts a run by itself: timers on the world's clock, base images, commits; and why something did not."""

import base64

import pytest

from acrlab.engine.clock import FrozenClock
from acrlab.engine.tasks.sources import source_event
from tests.tasks.conftest import GROUP, LINUX, NAME

REPOSITORY = "https://github.com/contoso/app"
BASE_IMAGE = {"name": "defaultBaseimageTriggerName", "baseImageTriggerType": "Runtime"}


def create(lab, name, place, **trigger):
    step = {"type": "Docker", "contextPath": place, "dockerFilePath": "Dockerfile", "imageNames": [f"{name}:v1"]}
    body = {"location": "westus", "properties": {"platform": LINUX, "step": step, "trigger": trigger}}
    return lab.sdk.tasks.create(GROUP, NAME, name, body)


def run(lab, name):
    queued = lab.sdk.registries.schedule_run(
        GROUP, NAME, {"type": "TaskRunRequest", "taskId": f"{lab.cloud.r}/{NAME}/tasks/{name}"}
    )
    return lab.settled(queued.run_id)


def runs_of(lab, name):
    assert lab.dispatcher.idle(60)
    return list(lab.sdk.runs.list(GROUP, NAME, filter=f"TaskName eq '{name}'"))


def why(lab, name):
    """The last thing that was decided about a trigger of a task."""
    return lab.world.state.judgements[f"{lab.cloud.r}/{NAME}/tasks/{name}".lower()][-1]


@pytest.fixture
def place(lab):
    return lab.upload(Dockerfile="FROM scratch\n")


@pytest.fixture
def dependent(lab):
    """A task that is built from base:1, and has been once."""
    lab.settled(lab.build("base:1", Dockerfile="FROM scratch\n", a="1").run_id)
    create(lab, "dependent", lab.upload(Dockerfile=f"FROM {NAME}.azurecr.io/base:1\n"), baseImageTrigger=BASE_IMAGE)
    assert run(lab, "dependent").status == "Succeeded"
    return "dependent"


def test_a_timer(lab, place):
    create(lab, "nightly", place, timerTriggers=[{"name": "t1", "schedule": "0 * * * *"}])
    lab.world.advance(2 * 3600)
    found = runs_of(lab, "nightly")
    assert [(each.run_type, each.status, each.timer_trigger.timer_trigger_name) for each in found] == [
        ("AutoBuild", "Succeeded", "t1"), ("AutoBuild", "Succeeded", "t1"),
    ]  # fmt: skip
    assert all(each.timer_trigger.schedule_occurrence.endswith(":00:00Z") for each in found)
    lab.sdk.tasks.update(GROUP, NAME, "nightly", {"properties": {"status": "Disabled"}})
    lab.world.advance(3600)
    assert len(runs_of(lab, "nightly")) == 2
    assert (why(lab, "nightly").run, "the task is disabled" in why(lab, "nightly").because[1]) == ("", True)


def test_a_timer_fires_whenever_the_dial_passes_its_moment_and_at_no_other_time(lab, place):
    create(lab, "monthly", place, timerTriggers=[{"name": "t1", "schedule": "0 0 1 * *"}])
    lab.world.sleep(86400)  # what waits jumps no further than it has to
    assert runs_of(lab, "monthly") == []
    lab.world.advance(365 * 86400)
    assert len(runs_of(lab, "monthly")) == 12


def test_what_fell_due_while_nobody_was_there_is_run_once(lab, place):
    create(lab, "hourly", place, timerTriggers=[{"name": "t1", "schedule": "0 * * * *"}])
    clock = lab.world.clock
    lab.world.clock = FrozenClock(clock.now() + 10 * 3600)  # the machine was off, its clock went on
    with lab.world.lock:
        lab.world.settle()
    (only,) = runs_of(lab, "hourly")
    assert only.run_type == "AutoBuild"


def test_what_the_dial_passes_is_no_time_that_a_run_waits_or_works(lab, place):
    """A night's run is over some seconds after its moment, however far the dial went on."""
    create(lab, "nightly", place, timerTriggers=[{"name": "t1", "schedule": "0 0 * * *"}])
    lab.world.advance(10 * 86400)
    found = runs_of(lab, "nightly")
    assert len(found) == 10
    for each in found:
        assert each.create_time.strftime("%H:%M") == "00:00"
        assert each.create_time <= each.start_time <= each.finish_time
        assert (each.finish_time - each.create_time).total_seconds() < 3600


def test_a_run_that_waits_for_its_pool_has_waited(premium):
    pool = {"location": "westus", "properties": {"count": 0, "tier": "S1", "os": "Linux"}}
    premium.sdk.agent_pools.begin_create(GROUP, NAME, "mypool", pool).result()
    queued = premium.schedule("DockerBuildRequest", dockerFilePath="Dockerfile", agentPoolName="mypool",
                              sourceLocation=premium.upload(Dockerfile="FROM scratch\n"))  # fmt: skip
    premium.world.advance(7200)
    premium.sdk.agent_pools.begin_update(GROUP, NAME, "mypool", {"properties": {"count": 1}}).result()
    done = premium.settled(queued.run_id)
    assert (done.start_time - done.create_time).total_seconds() >= 7200


def test_a_base_image_gets_another_digest(lab, dependent):
    (known,) = lab.sdk.tasks.get(GROUP, NAME, dependent).step.base_image_dependencies
    assert (known.type, known.registry, known.repository, known.tag) == ("Runtime", f"{NAME}.azurecr.io", "base", "1")
    before = lab.shelf.pull("dependent", "v1").headers["docker-content-digest"]
    built = lab.settled(lab.build("base:1", Dockerfile="FROM scratch\n", a="2").run_id)
    newest, _ = runs_of(lab, dependent)
    assert (newest.run_type, newest.status) == ("AutoBuild", "Succeeded")
    (image,) = newest.image_update_trigger.images
    assert (image.repository, image.tag, image.digest) == ("base", "1", built.output_images[0].digest)
    assert lab.shelf.pull("dependent", "v1").headers["docker-content-digest"] != before
    assert why(lab, dependent).run.endswith(newest.run_id)
    assert lab.sdk.tasks.get(GROUP, NAME, dependent).step.base_image_dependencies[0].digest == image.digest


def test_why_a_base_image_did_not_fire(lab, dependent):
    def told():
        assert len(runs_of(lab, dependent)) == 1 and why(lab, dependent).run == ""
        return " ".join(why(lab, dependent).because)

    lab.settled(lab.build("base:2", Dockerfile="FROM scratch\n", a="2").run_id)
    assert "is built from the tag 1, and another was pushed" in told()
    lab.settled(lab.build("base:1", Dockerfile="FROM scratch\n", a="1").run_id)
    assert "the digest that it had before" in told()
    change = {"properties": {"trigger": {"baseImageTrigger": {**BASE_IMAGE, "status": "Disabled"}}}}
    lab.sdk.tasks.update(GROUP, NAME, dependent, change)
    lab.settled(lab.build("base:1", Dockerfile="FROM scratch\n", a="3").run_id)
    assert "the trigger is disabled" in told()


def test_a_task_that_never_succeeded_does_not_know_its_base(lab):
    create(lab, "newtask", lab.upload(Dockerfile=f"FROM {NAME}.azurecr.io/base:1\n"), baseImageTrigger=BASE_IMAGE)
    lab.settled(lab.build("base:1", Dockerfile="FROM scratch\n").run_id)
    assert runs_of(lab, "newtask") == []
    assert "no run of the task has succeeded yet" in why(lab, "newtask").because[1]


def told(lab, name):
    """What was decided of a task's triggers, by the first words of its reasons."""
    found = lab.world.state.judgements.get(f"{lab.cloud.r}/{NAME}/tasks/{name}".lower(), [])
    return [each.because[0].partition(" was pushed")[0] for each in found]


def test_that_a_task_never_succeeded_is_said_once_of_an_image(lab):
    """And not of an image that the task makes itself, nor of a push that changes nothing."""
    base = f"{NAME}.azurecr.io/base:1"
    create(lab, "newtask", lab.upload(Dockerfile=f"FROM {base}\n"), baseImageTrigger=BASE_IMAGE)
    for content in ("1", "1", "2"):
        lab.settled(lab.build("base:1", Dockerfile="FROM scratch\n", a=content).run_id)
    lab.settled(lab.build("newtask:v0", Dockerfile="FROM scratch\n").run_id)
    assert told(lab, "newtask") == [base]
    lab.settled(lab.build("base:2", Dockerfile="FROM scratch\n").run_id)
    assert told(lab, "newtask") == [base, f"{NAME}.azurecr.io/base:2"]


def test_what_the_first_run_of_a_task_pushes_is_no_base_of_it(lab):
    """Its task file names the image, so that only the push says whose it is; other tasks may be built from it."""
    text = "version: v1.1.0\nsteps:\n- build: -t $Registry/made:1 .\n- push: [$Registry/made:1]\n"
    step = {"type": "EncodedTask", "encodedTaskContent": base64.b64encode(text.encode()).decode(),
            "contextPath": lab.upload(Dockerfile="FROM scratch\n")}  # fmt: skip
    body = {"location": "westus", "properties": {"platform": LINUX, "step": step,
                                                 "trigger": {"baseImageTrigger": BASE_IMAGE}}}  # fmt: skip
    lab.sdk.tasks.create(GROUP, NAME, "maker", body)
    create(lab, "other", lab.upload(Dockerfile="FROM scratch\n"), baseImageTrigger=BASE_IMAGE)
    assert run(lab, "maker").status == "Succeeded"
    assert (told(lab, "maker"), told(lab, "other")) == ([], [f"{NAME}.azurecr.io/made:1"])


def source(*events, branch="main", **more):
    repository = {
        "sourceControlType": "Github", "repositoryUrl": f"{REPOSITORY}.git#{branch}", "branch": branch,
        "sourceControlAuthProperties": {"tokenType": "PAT", "token": "x"},
    }  # fmt: skip
    return {"name": "s", "sourceTriggerEvents": list(events), "sourceRepository": repository, **more}


def test_commits_and_pull_requests(lab, place):
    create(lab, "commits", place, sourceTriggers=[source("commit")])
    create(lab, "merges", place, sourceTriggers=[source("commit", "pullrequest")])
    create(lab, "develop", place, sourceTriggers=[source("commit", branch="develop")])
    with lab.world.lock:
        found = source_event(lab.world, f"{REPOSITORY}/", "commit", "main", "c0ffee" * 6)
    assert len(found) == len(set(found)) == 2
    (commit,) = runs_of(lab, "commits")
    trigger = commit.source_trigger
    assert (trigger.event_type, trigger.branch_name, trigger.commit_id) == ("commit", "main", "c0ffee" * 6)
    assert commit.status == "Succeeded" and "for the branch develop" in why(lab, "develop").because[1]
    with lab.world.lock:
        found = source_event(lab.world, REPOSITORY, "pullrequest", "main", "beef" * 10, pull_request="7")
    assert [id.rpartition("/")[2] for id in found] == [runs_of(lab, "merges")[0].run_id]
    assert runs_of(lab, "merges")[0].source_trigger.pull_request_id == "7"
    assert "for commit only" in why(lab, "commits").because[1]


def test_the_explanations_are_told(lab, place):
    create(lab, "commits", place, sourceTriggers=[source("commit", status="Disabled")])
    with lab.world.lock:
        assert source_event(lab.world, REPOSITORY, "commit", "main", "c0ffee" * 6) == []
    from tests.tasks.test_definitions import control

    request = control(lab)
    request.path = "/_acrlab/triggers"
    told = lab.app.begin(request).body.decode()
    assert "Commit trigger s of the task commits" in told and "the trigger is disabled" in told


def test_replayed_it_is_the_same(lab, dependent):
    lab.settled(lab.build("base:1", Dockerfile="FROM scratch\n", a="2").run_id)
    runs_of(lab, dependent)
    from tests.engine.conftest import plain

    assert plain(lab.world._replayed()) == plain(lab.world.state)
