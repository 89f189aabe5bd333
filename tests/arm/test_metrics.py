"""Metrics of a registry: what was pulled, pushed, run and stored, by time, on the emulator's clock."""

import base64
from typing import Any

import pytest

from acrlab.domain import events
from acrlab.engine.insight import tally
from acrlab.engine.world import World
from acrlab.store.memory import MemoryJournal
from acrlab.wire.http import Request, Response
from tests.arm.cloud import NOW, Answer, Cloud
from tests.engine.conftest import plain, push_image

INSIGHTS = "providers/Microsoft.Insights"
HOUR = 3600.0


@pytest.fixture
def counted(cloud: Cloud) -> Cloud:
    cloud.registry(adminUserEnabled=True)
    return cloud


def pull(cloud: Cloud, reference: str, method: str = "GET", repository: str = "team/app") -> int:
    secret = cloud.world.state.registries["contoso"].passwords[0]
    basic = base64.b64encode(f"contoso:{secret}".encode()).decode()
    head = Request(method, "contoso.azurecr.io", f"/v2/{repository}/manifests/{reference}", "",
                   {"authorization": f"Basic {basic}"}, authority="contoso.azurecr.io")  # fmt: skip
    answer = cloud.app.begin(head)
    if not isinstance(answer, Response):
        answer.write(b"{}")
        answer.seal()
        answer = answer.finish()
    return answer.status


def asked(cloud: Cloud, names: str, query: str = "") -> Answer:
    more = f"&{query}" if query else ""
    return cloud.ask("GET", f"{cloud.r}/contoso/{INSIGHTS}/metrics", version="2018-01-01",
                     query=f"metricnames={names}{more}")  # fmt: skip


def told(cloud: Cloud, name: str, query: str = "", word: str = "total") -> list[float]:
    """The values of a metric that are not nothing."""
    answer = asked(cloud, name, query)
    assert answer.status == 200, answer
    (series,) = answer.json["value"][0]["timeseries"]
    return [each[word] for each in series["data"] if each.get(word)]


def test_pulls_and_pushes_that_work_and_that_do_not(counted: Cloud) -> None:
    digest = push_image(counted.world, counted.world.state.registries["contoso"], "team/app", "v1", b"layer")
    assert [pull(counted, each) for each in ("v1", "v1", digest, "none")] == [200, 200, 200, 404]
    assert pull(counted, "v1", "HEAD") == 200  # looks, and pulls nothing
    assert pull(counted, "v2", "PUT") == 400
    assert told(counted, "SuccessfulPullCount") == [3.0]
    assert told(counted, "TotalPullCount") == [4.0]
    assert told(counted, "SuccessfulPushCount") == [1.0]
    assert told(counted, "TotalPushCount") == [2.0]
    counted.world.advance(2 * HOUR)
    assert pull(counted, "v1") == 200
    assert told(counted, "SuccessfulPullCount") == [1.0]
    assert told(counted, "SuccessfulPullCount", "timespan=PT6H&interval=PT1H") == [3.0, 1.0]
    assert told(counted, "SuccessfulPullCount", "timespan=P1D&interval=P1D") == [4.0]
    twice = "timespan=2026-09-21T10%253A00%253A00%252F2026-09-21T18%253A00%253A00&interval=P1D"  # as az escapes it
    assert told(counted, "SuccessfulPullCount", twice) == [4.0]
    five = asked(counted, "TotalPullCount,TotalPushCount", "timespan=PT6H&interval=PT5M&aggregation=Total,Count").json
    assert [len(each["timeseries"][0]["data"]) for each in five["value"]] == [72, 72]
    assert five["interval"] == "PT5M"
    assert five["namespace"] == "Microsoft.ContainerRegistry/registries"


def test_counts_are_history(counted: Cloud) -> None:
    push_image(counted.world, counted.world.state.registries["contoso"], "team/app", "v1", b"layer")
    pull(counted, "v1")
    tally.written(counted.world)
    world = counted.world
    again = World(
        journal=world.journal, blobs=world.blobs, clock=world.clock, entropy=world.random, keys=world.keys
    )
    assert plain(again.state) == plain(world.state)
    assert again.state.counted["contoso/pull"] == {int(NOW // 60): 1}
    assert isinstance(world.journal, MemoryJournal)
    counted.ask("DELETE", f"{counted.r}/contoso")
    counted.registry()
    assert told(counted, "SuccessfulPullCount") == []  # another registry of the same name
    world.advance(100 * 24 * HOUR)
    pull(counted, "v1")
    world.commit(events.RequestsCounted(at=world.now(), counts={"contoso/pull": {int(NOW // 60): 7}}))
    assert not world.state.counted["contoso/pull"]  # kept for 93 days


def test_storage_over_time_and_by_region(counted: Cloud) -> None:
    registry = counted.world.state.registries["contoso"]
    push_image(counted.world, registry, "team/app", "v1", b"layer")
    first = registry.stored
    counted.world.advance(3 * HOUR)
    push_image(counted.world, registry, "team/app", "v2", b"another layer")
    counted.world.advance(2 * HOUR)
    found = told(counted, "StorageUsed", "timespan=PT6H", "average")
    assert found == [float(first)] * 3 + [float(registry.stored)] * 3
    assert told(counted, "StorageUsed", word="average") == [float(registry.stored)]
    place = {"location": "westeurope", "properties": {}}
    assert counted.ask("PUT", f"{counted.r}/contoso/replications/westeurope", place).status < 300
    split = asked(counted, "StorageUsed", "$filter=Geolocation eq '*'").json["value"][0]["timeseries"]
    assert [each["metadatavalues"][0]["value"] for each in split] == ["West Europe", "West US"]
    minutes = asked(counted, "StorageUsed", "interval=PT1M").json  # what az asks for where nobody chose
    assert (minutes["interval"], len(minutes["value"][0]["timeseries"][0]["data"])) == ("PT1H", 1)
    refused = asked(counted, "StorageUsed", "interval=PT5M")
    assert refused.message.endswith("00:05:00, supported ones are: 01:00:00,06:00:00,12:00:00,1.00:00:00")
    one = asked(counted, "StorageUsed", "$filter=Geolocation eq 'west us'").json["value"][0]["timeseries"]
    assert len(one) == 1


def test_runs_by_how_long_they_worked(counted: Cloud) -> None:
    world, now = counted.world, counted.world.now()
    for at, pool in enumerate(("", "pool")):
        id = f"{counted.r}/contoso/runs/cb{at}"
        properties: dict[str, Any] = {"agentPoolName": pool, "agentConfiguration": {"cpu": 4}} if pool else {}
        world.commit(
            events.RunQueued(at=now, id=id, registry="contoso", number=at + 1, log="x", properties=properties,
                             request={"type": "DockerBuildRequest"}),
            events.RunStarted(at=now, id=id), events.RunEnded(at=now, id=id, status="Succeeded", seconds=2.5),
        )  # fmt: skip
    assert told(counted, "RunDuration") == [5000.0]
    assert told(counted, "AgentPoolCPUTime") == [10.0]
    assert told(counted, "RunDuration", "aggregation=maximum,count", "maximum") == [2500.0]


@pytest.mark.parametrize(
    ("names", "query"),
    [
        ("Nothing", ""), ("StorageUsed", "interval=PT5M"), ("TotalPullCount", "interval=PT7M"),
        ("TotalPullCount", "timespan=x/y"), ("TotalPullCount", "timespan=2026-01-02/2026-01-01"),
        ("TotalPullCount", "timespan=0001-01-01T00:00:00Z/9999-12-31T00:00:00Z"), ("TotalPullCount", "timespan=P"),
        ("TotalPullCount", "aggregation=median"), ("TotalPullCount", "$filter=Geolocation eq '*'"),
        ("StorageUsed", "$filter=Moon eq '*'"), ("TotalPullCount", "metricnamespace=Microsoft.Compute/x"),
    ],
)  # fmt: skip
def test_questions_without_answer(counted: Cloud, names: str, query: str) -> None:
    answer = asked(counted, names, query)
    assert (answer.status, answer.code) == (400, "BadRequest")


def test_definitions_and_namespaces(counted: Cloud) -> None:
    path = f"{counted.r}/contoso/{INSIGHTS}"
    found = counted.ask("GET", f"{path}/metricDefinitions", version="2018-01-01").json["value"]
    units = {each["name"]["value"]: (each["unit"], each["primaryAggregationType"]) for each in found}
    assert units["StorageUsed"] == ("Bytes", "Average")
    assert set(units) == {"TotalPullCount", "SuccessfulPullCount", "TotalPushCount", "SuccessfulPushCount",
                          "RunDuration", "AgentPoolCPUTime", "StorageUsed"}  # fmt: skip
    (storage,) = [each for each in found if each["name"]["value"] == "StorageUsed"]
    assert storage["dimensions"][0]["value"] == "Geolocation"
    assert storage["metricAvailabilities"][0]["timeGrain"] == "PT1H"
    (own,) = counted.ask("GET", f"{path}/metricNamespaces", version="2017-12-01-preview").json["value"]
    assert own["properties"]["metricNamespaceName"] == "Microsoft.ContainerRegistry/registries"
    assert counted.ask("GET", f"{counted.r}/nowhere/{INSIGHTS}/metrics", version="2018-01-01").status == 404
