"""Workers that take runs from PostgreSQL: killed, sent away, of another version, or not there at all."""

import base64
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import pytest
import urllib3

from acrlab.agents import engines
from acrlab.agents.remote import postgres, version
from acrlab.agents.remote.door import Door, DoorClosed, DoorRefused
from acrlab.agents.remote.worker import Worker, WorkerFailed
from acrlab.domain import hosting
from acrlab.domain.tasks import workers
from acrlab.domain.tasks.run import Ending, Source
from acrlab.emulator import Emulator
from acrlab.engine.hosting import repositories
from acrlab.serve.certificates import Authority
from tests.tasks.conftest import GROUP, NAME, PATIENCE, Lab
from tests.tasks.doomed import Asking
from tests.tasks.stacker import Stacker
from tests.tasks.test_pools import create

pytestmark = pytest.mark.peers
psycopg = pytest.importorskip("psycopg", reason="LANE NOT RUN: pip install 'acrlab[queue]'")
HERE = Path(__file__).parents[2]


@pytest.fixture
def distant(tmp_path, database):
    """A registry whose worker has gone home, and that is soon taken for gone."""
    found = Lab(tmp_path, "Premium", database, silence=3.0)
    found.remote.leave()
    yield found
    found.close()


@contextmanager
def mortal(lab, name):
    """A worker that can be killed."""
    credential = lab.folder / f"{name}.json"
    credential.write_bytes(msgspec.json.encode(lab.remote.fleet.enrol(name, [])))
    command = [sys.executable, "-m", "tests.tasks.mortal", str(credential), str(lab.folder / name)]
    environment = {**os.environ, "ACRLAB_QUEUE": lab.queue}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE, env=environment) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def rows(url, query, *values):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query, values).fetchall()


def jobs(lab):
    """Status of what this world has in the queue, by run."""
    found = rows(lab.queue, "SELECT args->>'run', status::text FROM procrastinate_jobs")
    return {run.rpartition("/")[2]: status for run, status in found if run.lower() in lab.world.state.resources}


def test_a_worker_is_killed_in_mid_run(distant):
    with mortal(distant, "mortal") as worker:
        run = distant.build("app:v1")
        assert worker.stdout.readline() == "building\n"
        shown = distant.shown(run.run_id, "Launching container with name: build\r\n").text
        with distant.world.lock:
            (told,) = distant.remote.fleet.status()["workers"]
        assert told["runs"] == [run.run_id] and not told["gone"]
        worker.send_signal(signal.SIGKILL)
        ended = distant.settled(run.run_id)
    assert ended.status == "Error" and ended.provisioning_state == "Failed"
    assert "not been heard of for 3 seconds: it is gone" in ended.run_error_message
    log = distant.log(run.run_id)
    assert log.text.startswith(shown) and log.headers["x-ms-meta-Complete"] == "internalerror"
    assert re.search(rf"Run ID: {run.run_id} failed after \w+\. Error: the agent that had the run", log.text)
    assert distant.tags("app") == []
    # the next worker takes what comes next, and not this one again
    distant.remote.begin_again()
    assert distant.settled(distant.build("next:v1").run_id).status == "Succeeded"
    assert distant.sdk.runs.get(GROUP, NAME, run.run_id).status == "Error" and distant.tags("app") == []


def test_what_a_dead_worker_had_found_but_not_begun_waits_on(distant):
    run = distant.build("app:v1")
    dead = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
    ((id,),) = rows(distant.queue, dead)
    taken = (
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s "
        "WHERE status = 'todo' AND args->>'run' ILIKE %s RETURNING status::text"
    )
    for _ in range(2000):  # it is put on the queue beside the request; asking again is all the waiting there is
        if held := rows(distant.queue, taken, id, f"%/registries/{NAME}/runs/{run.run_id}"):
            break
    assert held == [("doing",)]  # the desk looks every second and a half: it may be back in the queue already
    distant.remote.begin_again()
    assert distant.settled(run.run_id).status == "Succeeded" and distant.tags("app") == ["v1"]


def test_a_worker_that_is_sent_home_ends_its_run(lab_of_workers):
    lab = lab_of_workers
    lab.engine.gate.clear()
    run = lab.build("app:v1")
    assert lab.engine.building.acquire(timeout=PATIENCE)
    lab.remote.leave()
    ended = lab.settled(run.run_id)
    assert (ended.status, ended.run_error_message) == ("Error", "the agent was stopped while the run was under way")
    assert lab.tags("app") == [] and lab.remote.fleet.status()["workers"] == []


@pytest.fixture
def lab_of_workers(tmp_path, database):
    found = Lab(tmp_path, "Premium", database)
    yield found
    found.close()


def test_a_run_waits_and_says_why(distant):
    create(distant, count=0)
    for more in ({}, {"agentPoolName": "mypool"}):
        run = distant.schedule("DockerBuildRequest", dockerFilePath="Dockerfile", **more)
        assert distant.sdk.runs.get(GROUP, NAME, run.run_id).status == "Queued"
    with distant.world.lock:
        waiting = {each["pool"]: each["why"] for each in distant.remote.fleet.status()["waiting"]}
    assert waiting == {
        "": "no agent is there for them: start one with `acrlab agent`",
        f"{NAME}/mypool": "the pool is scaled to zero",
    }
    distant.sdk.agent_pools.begin_update(GROUP, NAME, "mypool", {"properties": {"count": 1}}).result()
    with distant.world.lock:
        waiting = {each["pool"]: each["why"] for each in distant.remote.fleet.status()["waiting"]}
    assert waiting[f"{NAME}/mypool"].endswith(f"`acrlab agent --pool {NAME}/mypool`")
    for each in distant.sdk.runs.list(GROUP, NAME):
        distant.sdk.runs.cancel(GROUP, NAME, each.run_id)
    distant.remote.begin_again()  # finds nothing to do in what was called off
    assert {each.status for each in distant.sdk.runs.list(GROUP, NAME)} == {"Canceled"}


def test_a_worker_takes_its_own_pool_only(lab_of_workers):
    lab = lab_of_workers
    create(lab)
    lab.remote.leave()
    lab.remote.begin_again("other", f"{NAME}/otherpool")
    run = lab.schedule("DockerBuildRequest", dockerFilePath="Dockerfile", agentPoolName="mypool",
                       sourceLocation=lab.upload(Dockerfile="FROM scratch\n"))  # fmt: skip
    door, credential = at_the_door(lab, "other", f"{NAME}/otherpool")
    id = f"{lab.cloud.r}/{NAME}/runs/{run.run_id}"
    with pytest.raises(DoorRefused) as refused:  # even if it knows the run
        door.told("/claim", credential, workers.Claim(run=id), workers.Taken)
    assert (refused.value.status, refused.value.code) == (410, "RUN_OVER")
    assert lab.sdk.runs.get(GROUP, NAME, run.run_id).status == "Queued"
    lab.remote.leave()
    lab.remote.begin_again("mine", f"{NAME}/mypool")
    assert lab.settled(run.run_id).status == "Succeeded"
    door.close()


def test_no_secret_is_in_the_database(lab_of_workers):
    lab = lab_of_workers
    text = base64.b64encode(b"steps: []\n").decode()
    run = lab.schedule(
        "EncodedTaskRunRequest", encodedTaskContent=text, sourceLocation=lab.upload(a="1"),
        values=[{"name": "key", "value": "sesame-open", "isSecret": True}],
    )  # fmt: skip
    lab.settled(run.run_id)
    lab.remote.leave()
    lab.build("kept:1")
    tables = [name for (name,) in rows(lab.queue, "SELECT tablename FROM pg_tables WHERE tablename LIKE 'procrast%%'")]
    held = "\n".join(str(rows(lab.queue, f"SELECT * FROM {name}")) for name in tables)
    assert "/runs/" in held and "sesame" not in held and text not in held and "Bearer" not in held
    for (found,) in rows(lab.queue, "SELECT args FROM procrastinate_jobs"):
        assert found.keys() == {"run", "address"}


# The door


def at_the_door(lab, name="somebody", *pools):
    """A worker's way in, and its credential; it has said hello."""
    enrolment = lab.remote.fleet.enrol(name, pools)
    door = Door(enrolment.address, enrolment.authority)
    door.hello(enrolment.credential, "none", 1)
    return door, enrolment.credential


def test_who_may_come_in(lab_of_workers):
    door, credential = at_the_door(lab_of_workers)
    said = workers.Hello(version="0.0.1")
    with pytest.raises(DoorRefused, match=f"the emulator is acrlab {version()} and this worker is acrlab 0.0.1"):
        door.told("/hello", credential, said, workers.Greeting)
    body, _, seal = credential.partition(".")
    forged = base64.urlsafe_b64encode(b'["x","root",["agents"]]').decode()
    for wrong in ("", "x", f"{body}.", f"{body}.{seal[:-4]}AAAA", f"{forged}.{seal}", "\xe9.\xe9"):
        with pytest.raises(DoorRefused) as refused:
            door.told("/beat", wrong, workers.Beat(), workers.Stops)
        assert refused.value.status in (400, 401), wrong
    for method, path in (("GET", "/run/order"), ("POST", "/run/end"), ("PUT", "/run/blob"), ("POST", "/run/secret")):
        with pytest.raises(DoorRefused) as refused:
            door.ask(method, path, credential)
        assert (refused.value.status, refused.value.code) == (410, "RUN_OVER"), path
    door.close()


def test_nothing_else_is_behind_the_door(lab_of_workers):
    remote = lab_of_workers.remote
    enrolment = remote.fleet.enrol("somebody", [])
    door = Door(enrolment.address, enrolment.authority)
    token = lab_of_workers.cloud.token()
    for host, path in (
        ("management.azure.com", "/subscriptions?api-version=2022-12-01"), ("localhost", "/_acrlab/status"),
        (f"{NAME}.azurecr.io", "/v2/"), ("login.microsoftonline.com", "/common/discovery/instance"),
    ):  # fmt: skip
        answer = door._pool.urlopen("GET", path, headers={"host": host, "authorization": f"Bearer {token}"})
        assert answer.status == 404, host
    door.close()
    with pytest.raises(urllib3.exceptions.HTTPError):  # and only a client that knows the lab's authority trusts it
        urllib3.PoolManager(retries=False).request("GET", f"https://{enrolment.address}/hello")


def test_what_is_malformed_is_refused(lab_of_workers):
    lab = lab_of_workers
    lab.remote.leave()
    run = lab.build("app:v1")
    door, credential = at_the_door(lab)
    id = f"{lab.cloud.r}/{NAME}/runs/{run.run_id}"
    for path in ("/hello", "/beat", "/claim"):
        for body in (b"", b"{", b"[]", b"\xff", b"{}" if path != "/beat" else b"1", b"[" * 100_000):
            with pytest.raises(DoorRefused) as refused:
                door.ask("POST", path, credential, body)
            assert refused.value.status in (400, 413), (path, body[:10])
    taken = door.told("/claim", credential, workers.Claim(run=id), workers.Taken)
    with pytest.raises(DoorRefused, match="another agent has it"):
        door.told("/claim", credential, workers.Claim(run=id), workers.Taken)
    token = taken.token
    assert msgspec.json.decode(door.ask("GET", "/run/order", token).data)["run"] == run.run_id
    for method, path, query, body in (
        ("POST", "/run/log", {"number": "x"}, b""), ("POST", "/run/log", {"number": "7"}, b"too early\n"),
        ("POST", "/run/end", {}, b'{"status":"Splendid"}'), ("POST", "/run/end", {}, b"\x00"),
        ("POST", "/run/acr", {}, b'{"argv":1}'), ("GET", "/run/context", {"path": "../../etc/passwd"}, None),
        ("GET", "/run/manifest", {"reference": "::/::"}, None), ("GET", "/run/blob", {"digest": "x"}, None),
        ("PUT", "/run/blob", {"reference": f"{NAME}.azurecr.io/app", "digest": "sha256:0"}, b"abc"),
        ("POST", "/run/source", {}, msgspec.json.encode(Source(url="https://nowhere.invalid/x.tar.gz"))),
    ):  # fmt: skip
        with pytest.raises(DoorRefused) as refused:
            door.ask(method, path, token, body, query=query)
        assert 400 <= refused.value.status < 500, (path, refused.value.status)
    for number, text in ((0, "one\n"), (0, "one\n"), (1, "two\n")):  # sent twice, written once
        door.ask("POST", "/run/log", token, text.encode(), query={"number": str(number)})
    door.ask("POST", "/run/end", token, msgspec.json.encode(Ending(status="Failed", error="of its own")))
    assert lab.settled(run.run_id).run_error_message == "of its own"
    assert lab.log(run.run_id).text.startswith("one\r\ntwo\r\n\r\nRun ID:")
    with pytest.raises(DoorRefused, match="the run is over"):
        door.ask("POST", "/run/log", token, b"more\n", query={"number": "2"})
    door.close()


# Credentials


def test_a_worker_whose_credential_is_revoked(lab_of_workers):
    lab = lab_of_workers
    lab.engine.gate.clear()
    run = lab.build("app:v1")
    assert lab.engine.building.acquire(timeout=PATIENCE)
    door, credential = at_the_door(lab, "other")
    with lab.world.lock:
        lab.world.snapshot("before")
        assert len(lab.remote.fleet.revoke("worker")) == 1 and lab.remote.fleet.revoke("worker") == []
        assert [each["name"] for each in lab.remote.fleet.enrolled()] == ["other"]
    ended = lab.settled(run.run_id)
    assert (ended.status, ended.run_error_message) == (
        "Error", "the credential of the agent that had the run was revoked",
    )  # fmt: skip
    assert "the credential of the agent that had the run was revoked" in lab.log(run.run_id).text
    lab.engine.gate.set()
    with lab.world.lock:
        assert [each["name"] for each in lab.remote.fleet.status()["workers"]] == ["other"]
        lab.world.restore("before")
    with pytest.raises(DoorRefused, match="or it was revoked"):  # no snapshot lets it in again
        door.told("/beat", lab.remote.worker._enrolment.credential, workers.Beat(), workers.Stops)
    assert door.told("/beat", credential, workers.Beat(), workers.Stops).runs == ()
    door.close()
    assert lab.tags("app") == []


def test_a_credential_expires_and_is_renewed_by_its_worker(lab_of_workers):
    lab = lab_of_workers
    enrolment = lab.remote.fleet.enrol("brief", [], life=100.0)
    door = Door(enrolment.address, enrolment.authority)
    door.hello(enrolment.credential, "none", 1)
    lab.world.clock._at += 60  # of the machine; the dial ends no credential of a worker
    lab.world.advance(86400)
    renewed = door.told("/renew", enrolment.credential, None, workers.Renewed)
    assert renewed.credential != enrolment.credential and renewed.renewal == 50.0
    lab.world.clock._at += 60
    with pytest.raises(DoorRefused, match="has expired"):
        door.told("/beat", enrolment.credential, workers.Beat(), workers.Stops)
    assert door.told("/beat", renewed.credential, workers.Beat(), workers.Stops).runs == ()
    lab.world.clock._at += 60
    with pytest.raises(DoorRefused, match="has expired"):
        door.told("/renew", renewed.credential, None, workers.Renewed)
    door.close()


def test_a_worker_renews_and_keeps_its_credential(distant):
    kept, ready = [], threading.Event()
    enrolment = distant.remote.fleet.enrol("keeper", [])
    told = threading.Event()
    worker = Worker(
        distant.queue, enrolment, Stacker, distant.folder / "keeper", keep=lambda each: (kept.append(each), told.set())
    )
    thread = threading.Thread(target=worker.run, args=(ready.set,))
    thread.start()
    assert ready.wait(PATIENCE) and told.wait(PATIENCE)
    worker.stop()
    thread.join()
    (found,) = kept
    door = Door(found.address, found.authority)
    assert door.hello(found.credential, "none", 1).silence == 3.0
    door.close()


def test_a_run_is_given_its_own_context_only(lab_of_workers):
    lab = lab_of_workers
    lab.remote.leave()
    other = lab.upload(Dockerfile="FROM scratch\nLABEL of=another\n")
    run = lab.build("app:v1")
    door, credential = at_the_door(lab)
    taken = door.told("/claim", credential, workers.Claim(run=f"{lab.cloud.r}/{NAME}/runs/{run.run_id}"), workers.Taken)
    own = msgspec.json.decode(door.ask("GET", "/run/order", taken.token).data)["source"]["upload"]
    assert door.ask("GET", "/run/context", taken.token, query={"path": own}).data
    with pytest.raises(DoorRefused, match="was not uploaded for this run"):
        door.ask("GET", "/run/context", taken.token, query={"path": other})
    door.ask("POST", "/run/end", taken.token, msgspec.json.encode(Ending(status="Failed", error="x")))
    lab.settled(run.run_id)
    door.close()


# Errors that a person meets


def test_a_queue_that_cannot_be_used(database, tmp_path):
    wrong = re.sub(r"//(\w+):\w+@", r"//\1:hush-hush@", database)
    nobody = "postgresql://me:hush-hush@127.0.0.1:1/x"
    for url, said in (
        (wrong, "password authentication failed"), (nobody, "[Cc]onnection refused"),
        ("postgresql://me:hush-hush@[x", "cannot be read"), ("mysql://me:hush-hush@x/y", "a queue is named as"),
    ):  # fmt: skip
        with pytest.raises(postgres.QueueFailed, match=said) as failed:
            Emulator(queue=url)
        assert "hush" not in str(failed.value)
    lost = workers.Enrolment(name="x", address="127.0.0.1:1", authority="", credential="x", queues=("x",))
    with pytest.raises(WorkerFailed, match="password authentication failed"):
        Worker(wrong, authority(lost), Stacker, tmp_path).run()
    with pytest.raises(WorkerFailed, match=r"no emulator answers at 127\.0\.0\.1:1"):
        postgres.check(database, prepare=True)
        Worker(database, authority(lost), Stacker, tmp_path).run()


def authority(enrolment):
    return msgspec.structs.replace(enrolment, authority=Authority().certificate_pem.decode())


def test_an_emulator_that_goes_and_comes_back_elsewhere(tmp_path, database):
    data = tmp_path / "data"
    with Emulator(data=data, queue=database) as emulator:
        asking = Asking(emulator)
        asking.prepare()
        first = asking.build("app:v1")
        waits = "SELECT 1 FROM procrastinate_jobs WHERE args->>'run' ILIKE %s"
        assert any(rows(database, waits, f"%/doomed/runs/{first}") for _ in range(2000))
    with ExitStack() as stays:
        with Emulator(data=data, queue=database) as emulator:  # what waits in the queue has the address of before
            worker = Worker(database, emulator.app.desk.enrol("worker", []), Stacker, tmp_path / "worker")
            stays.enter_context(working(worker))
            assert emulator.dispatcher.idle(PATIENCE)
        with Emulator(data=data, queue=database) as emulator:  # and the worker has it, too
            asking = Asking(emulator)
            second = asking.build("app:v2")
            assert emulator.dispatcher.idle(PATIENCE)
            ended = [asking.ask("GET", f"{asking.registry}/runs/{run}")["properties"] for run in (first, second)]
            assert [each["status"] for each in ended] == ["Succeeded", "Succeeded"]
            assert set(emulator.world.state.registries["doomed"].repositories["app"].tags) == {"v1", "v2"}


BUILDKIT = b"""version: v1.1.0
steps:
  - build: -t $Registry/kept:git .
    env: [DOCKER_BUILDKIT=1]
  - push: [$Registry/kept:git]
"""


def test_what_a_build_adds_from_elsewhere(tmp_path, database):
    files = tmp_path / "files"
    files.mkdir()
    (files / "hello.txt").write_text("hello")
    with Emulator(queue=database, sealed=True) as emulator:
        with emulator.world.lock:
            repositories.create(emulator.world, hosting.address("contoso/app"), "somebody", folder=str(files))
        asking = Asking(emulator)
        asking.prepare()
        enrolment = emulator.app.desk.enrol("worker", [])
        found = {}
        with working(Worker(database, enrolment, lambda: engines.engine("none"), tmp_path / "worker", count=4)):
            for tag, line in (
                ("file", "ADD https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration /x"),
                ("refused", "ADD https://doomed.azurecr.io/v2/ /x"), ("sealed", "ADD https://example.com/x /x"),
            ):  # fmt: skip
                found[tag] = asking.build(f"app:{tag}", dockerfile=f"FROM scratch\n{line}\n")
            found["git"] = asking.queue(
                "FROM scratch\nADD --keep-git-dir=true https://github.com/contoso/app.git /app\n",
                type="EncodedTaskRunRequest", encodedTaskContent=base64.b64encode(BUILDKIT).decode(),
            )  # fmt: skip
            assert emulator.dispatcher.idle(PATIENCE)
        resources = emulator.world.state.resources
        runs = {tag: resources[f"{asking.registry}/runs/{run}".lower()].body for tag, run in found.items()}
        logs = {tag: Path(emulator.world.storage.path(run["log"])).read_text() for tag, run in runs.items()}
        assert {tag: run["status"] for tag, run in runs.items()} == {
            "file": "Succeeded", "git": "Succeeded", "refused": "Failed", "sealed": "Failed",
        }, logs  # fmt: skip
        assert "ADD failed: failed to GET https://doomed.azurecr.io/v2/ with status 401" in logs["refused"]
        assert "is sealed" in logs["sealed"]
        assert list(emulator.world.state.registries["doomed"].repositories["app"].tags) == ["file"]
        assert list(emulator.world.state.registries["doomed"].repositories["kept"].tags) == ["git"]


@contextmanager
def working(worker):
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()


def test_the_command_line(tmp_path, database):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ACRLAB_", "AZURE_"))},
        "ACRLAB_HOME": str(tmp_path / "home"), "ACRLAB_QUEUE": database,
    }  # fmt: skip
    acrlab = [sys.executable, "-m", "acrlab"]

    def call(*arguments):
        return subprocess.run([*acrlab, *arguments], env=environment, capture_output=True, text=True, timeout=PATIENCE)

    started = call("up", "--memory", "--port", "0", "--agents-at", "127.0.0.1:0", "--detach")
    assert started.returncode == 0, started.stderr
    password = re.search(r":(\w+)@", database)[1]
    try:
        credential = tmp_path / "credential"
        assert call("agent", "--name", "desk", "--enrol", str(credential)).returncode == 0
        assert credential.stat().st_mode & 0o777 == 0o600
        command = [*acrlab, "agent", "--credential", str(credential), "--engine", "none"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout.readline().startswith("acrlab: desk waits for runs of the emulator at 127.0.0.1:")
            said = call("status").stdout
            assert re.search(r"^agent       desk  last sign [\d.]+ s ago, none.*; no run of 1 at a time$", said, re.M)
            shown = call("agent", "--list").stdout
            assert re.search(r"^desk  [0-9a-f]{16}  at work; runs that name no pool; its credential holds until", shown)
            assert call("agent", "--revoke", "nobody").returncode == 1
            gone = call("agent", "--revoke", "desk")
            assert (gone.returncode, gone.stdout) == (0, "acrlab: the credential of desk holds no more\n")
            assert worker.wait(PATIENCE) == 1
        said = call("status").stdout
        assert call("agent", "--list").stdout == "acrlab: no agent is enrolled\n"
        assert "agent       none has come yet" in said and password not in said
        wrong = call("agent", "--credential", str(tmp_path / "nowhere"))
        assert (wrong.returncode, "nowhere cannot be read: No such file" in wrong.stderr) == (1, True)
    finally:
        assert call("down").returncode == 0


def test_an_emulator_without_a_queue_has_no_desk(tmp_path):
    environment = {**os.environ, "ACRLAB_HOME": str(tmp_path)}
    with Emulator() as emulator:
        variables = {**environment, **emulator.environment()}
        command = [sys.executable, "-m", "acrlab", "agent", "--enrol", str(tmp_path / "x")]
        refused = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=PATIENCE)
    assert refused.returncode == 1 and "start it with `acrlab up --queue postgresql://" in refused.stderr


def test_a_door_that_is_closed(lab_of_workers):
    door = Door("127.0.0.1:1", lab_of_workers.remote.fleet.enrol("x", []).authority)
    with pytest.raises(DoorClosed, match=r"no emulator answers at 127\.0\.0\.1:1: "):
        door.hello("x", "none", 1)
