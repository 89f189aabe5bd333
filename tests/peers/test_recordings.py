"""Traffic recorded against the live service, replayed: the emulator must answer as the service did.

Compared are the status, the headers that clients act on and the whole JSON body: keys, types and constant
values. Ids, times, secrets and opaque parameters are what every run has anew and are compared by kind.
A difference is a failure unless ALLOWED has a row with its reason; a row that no difference needs fails too.
"""

import fnmatch
import json
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.peers.cloud import Cloud, Registry
from tests.peers.lanes import not_run

pytestmark = pytest.mark.peers

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "reference" / "recordings"
RECORDED_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
ARM = "https://management.azure.com"
HEADERS = ("azure-asyncoperation", "location", "api-supported-versions")

SUB = r"/subscriptions/[^/]+"
REGISTRY = rf"{SUB}/resourceGroups/[^/]+/providers/Microsoft\.ContainerRegistry/registries"

# What this emulator answers for, so far.
COVERED = [
    rf"{SUB}/resourceGroups/[^/]+",
    rf"{SUB}/resources",
    rf"{SUB}/providers/Microsoft\.ContainerRegistry/checkNameAvailability",
    rf"{SUB}/providers/Microsoft\.ContainerRegistry/registries",
    rf"{SUB}/providers/Microsoft\.ContainerRegistry/locations/[^/]+/operationResults/(registries|replications|cacherules|credentialsets)-[^/]+",
    REGISTRY,
    rf"{REGISTRY}/[^/]+",
    rf"{REGISTRY}/[^/]+/operationStatuses/[^/]+",
    rf"{REGISTRY}/[^/]+/(listCredentials|regenerateCredential|listUsages|generateCredentials|importImage)",
    rf"{REGISTRY}/[^/]+/(scopeMaps|tokens|replications|webhooks|cacheRules|credentialSets)/[^/]+",
    rf"{REGISTRY}/[^/]+/(replications|webhooks|cacheRules|credentialSets)",
    rf"{REGISTRY}/[^/]+/(tokens|replications|cacheRules|credentialSets)/[^/]+/operationStatuses/[^/]+",
    rf"{REGISTRY}/[^/]+/webhooks/[^/]+/(ping|listEvents|getCallbackConfig)",
    rf"{REGISTRY}/[^/]+/(scheduleRun|tasks|runs)",
    rf"{REGISTRY}/[^/]+/(tasks|runs)/[^/]+",
    rf"{REGISTRY}/[^/]+/tasks/[^/]+/listDetails",
]

# What later issues bring: named, so that nothing falls between the two lists.
LATER = {
    "virtual networks": r"/Microsoft\.Network/",
}


@dataclass(frozen=True)
class Exchange:
    file: str
    line: int
    method: str
    url: str
    request: object
    status: int
    headers: dict[str, str]
    body: object

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def later(self) -> str | None:
        """The later issue that this exchange waits for, or None if it is covered."""
        for name, pattern in LATER.items():
            if re.search(pattern, self.path, re.IGNORECASE):
                return name
        if any(re.fullmatch(pattern, self.path, re.IGNORECASE) for pattern in COVERED):
            return None
        raise AssertionError(f"{self.path} is neither covered nor listed as a later issue")

    def __str__(self) -> str:
        tail = re.sub(rf"{SUB}(/resourceGroups/[^/]+)?/?(providers/)?", "", self.path, flags=re.IGNORECASE)
        return f"{self.file}:{self.line} {self.method} {tail or 'resource group'}"


@dataclass(frozen=True)
class Difference:
    exchange: Exchange
    where: str
    recorded: object
    ours: object

    def __str__(self) -> str:
        return f"{self.exchange}\n    {self.where}: recorded {self.recorded!r}, ours {self.ours!r}"


@dataclass(frozen=True)
class Allowed:
    """A difference that is meant. `path` and `where` are glob patterns."""

    where: str
    reason: str
    path: str = "*"
    method: str = "*"
    recorded: object = ...
    ours: object = ...

    def permits(self, difference: Difference) -> bool:
        return (
            fnmatch.fnmatchcase(difference.exchange.path.lower(), self.path.lower())
            and fnmatch.fnmatchcase(difference.exchange.method, self.method)
            and fnmatch.fnmatchcase(difference.where, self.where)
            and (self.recorded is ... or self.recorded == difference.recorded)
            and (self.ours is ... or self.ours == difference.ours)
        )


STATUSES = "*/operationstatuses/*"
ALLOWED = [
    Allowed(
        "body/status",
        "an operation is over at its first poll unless realistic timing is asked for",
        path=STATUSES,
        recorded="Creating",
        ours="Succeeded",
    ),
    Allowed(
        "body/status",
        "an operation is over at its first poll unless realistic timing is asked for",
        path=STATUSES,
        recorded="Updating",
        ours="Succeeded",
    ),
    Allowed(
        "*/systemData/*ByType",
        "the recordings were made by a user, the replay signs in as a service principal",
        recorded="User",
        ours="Application",
    ),
    Allowed(
        "body/value/*/limit",
        "the recording is of 2023; the profile current-2026 has today's limit of IP rules",
        path="*/listUsages",
        recorded=100,
        ours=200,
    ),
    Allowed(
        "body/value",
        "the service's index of resources lags behind a create; the emulator's does not",
        path="*/resources",
        recorded=[],
    ),
    Allowed(
        "status",
        "an operation is over at its first poll unless realistic timing is asked for",
        path="*/operationResults/*",
        method="GET",
        recorded=202,
        ours="200 ",
    ),
    Allowed(
        "body/properties/status/displayStatus",
        "the recorder looked while a new replica was filled; here a replica holds everything at once",
        path="*/replications/*",
        recorded="Syncing",
        ours="Ready",
    ),
    *(
        Allowed(
            where,
            "the replay has no engine, so that it is the same on every machine: its runs fail",
            path=path,
            ours=ours,
        )
        for path, where, ours in (
            ("*/tasks/*", "body/properties/step/baseImageDependencies", "(absent)"),
            ("*/runs/*", "body/properties/outputImages", "(absent)"),
            ("*/runs/*", "body/properties/provisioningState", "Failed"),
            ("*/runs/*", "body/properties/runErrorMessage", ...),
            ("*/runs/*", "body/properties/status", "Failed"),
        )
    ),
    Allowed(
        "body/properties/finishTime",
        "the recorder looked while the run was under way",
        path="*/runs/*",
        recorded="(absent)",
    ),
    Allowed(
        "status",
        "the registry's replicas were made by exchanges of a later issue: without them there is nothing to wait for",
        method="DELETE",
        recorded=202,
    ),
]


def load() -> list[Exchange]:
    if not RECORDINGS.is_dir():
        not_run(f"no recordings at {RECORDINGS}")
    exchanges = []
    for file in sorted(RECORDINGS.glob("*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            entry = json.loads(line)
            asked, answered = entry["request"], entry["response"]
            exchanges.append(
                Exchange(
                    *(file.stem, number, asked["method"], asked["url"], asked["body"]),
                    *(answered["status"], answered["headers"], answered["body"]),
                )
            )
    return exchanges


FILES = sorted({file.stem for file in RECORDINGS.glob("*.jsonl")}) or ["(absent)"]


# --- kinds: what is compared instead of a value that is new in every run ---------------------------

GUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
KINDS = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "<time>"),
    (GUID, "<guid>"),
]
# keys whose value is one of a run's own: a person, a secret
PERSONAL = ("createdBy", "lastModifiedBy")
SECRET = re.compile(r"^passwords/\d+/value$|/passwords/\d+/value$")


def kind(where: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if where.rsplit("/", 1)[-1] in PERSONAL:
        return "<who>"
    if SECRET.search(where):
        return "<secret>"
    for pattern, name in KINDS:
        value = re.sub(pattern, name, value)
    return value


def compare(where: str, recorded: object, ours: object) -> list[tuple[str, object, object]]:
    """Every place in which two JSON values differ."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        found = []
        for key in sorted(recorded.keys() | ours.keys()):
            inner = f"{where}/{key}"
            if key not in ours:
                found.append((inner, recorded[key], "(absent)"))
            elif key not in recorded:
                found.append((inner, "(absent)", ours[key]))
            else:
                found += compare(inner, recorded[key], ours[key])
        return found
    if isinstance(recorded, list) and isinstance(ours, list):
        if len(recorded) != len(ours):
            return [(where, recorded, ours)]
        pairs = enumerate(zip(recorded, ours, strict=True))
        return [d for i, (a, b) in pairs for d in compare(f"{where}/{i}", a, b)]
    if kind(where, recorded) != kind(where, ours) or isinstance(recorded, bool) != isinstance(ours, bool):
        return [(where, recorded, ours)]
    return []


# --- the replay -----------------------------------------------------------------------------------


@dataclass
class Replay:
    cloud: Cloud
    operations: dict[str, str] = field(default_factory=dict)  # recorded operation id -> our URL
    runs: dict[str, str] = field(default_factory=dict)  # recorded id of a run -> ours
    created: set[str] = field(default_factory=set)  # ids of the registries of this recording
    differences: list[Difference] = field(default_factory=list)
    later: Counter[str] = field(default_factory=Counter)
    covered: int = 0

    def __post_init__(self) -> None:
        self.session = self.cloud.session()
        token = self.cloud.credential().get_token(f"{ARM}/.default").token
        self.session.headers["Authorization"] = f"Bearer {token}"

    def mine(self, text: str) -> str:
        """What was asked, asked here and now: an expiry lay ahead when it was recorded, and has to again."""
        ahead = re.sub(r'("expiry": ")\d{4}-', r"\g<1>2099-", text)
        return ahead.replace(RECORDED_SUBSCRIPTION, self.cloud.subscription)

    def recorded(self, text: str) -> str:
        return text.replace(self.cloud.subscription, RECORDED_SUBSCRIPTION)

    def play(self, exchange: Exchange) -> None:
        waiting = exchange.later or self._unstarted(exchange)
        if waiting:
            self.later[waiting] += 1
            return
        self.covered += 1
        body = None if exchange.request is None else self.mine(json.dumps(exchange.request))
        answer = self.session.request(
            exchange.method,
            self._url(exchange),
            data=body,
            headers={"Content-Type": "application/json"} if body else None,
            timeout=60,
        )
        self._remember(exchange, answer)
        if exchange.path.endswith("/scheduleRun") and answer.ok:
            self.runs[exchange.body["name"]] = answer.json()["name"]
            assert self.cloud.emulator.dispatcher.idle(60)
        self._compare(exchange, answer)

    def _operation(self, exchange: Exchange) -> str | None:
        found = re.search(rf"/operation(?:Statuses|Results)/[a-z]+-({GUID})", exchange.path, re.IGNORECASE)
        return found.group(1) if found else None

    def _unstarted(self, exchange: Exchange) -> str | None:
        """The poll of an operation that here was not begun: by a later issue, or by a difference noted there."""
        operation = self._operation(exchange)
        return None if operation is None or self.operations.get(operation) else "polls of the above"

    def _url(self, exchange: Exchange) -> str:
        operation = self._operation(exchange)
        url = self.operations[operation] if operation else self.mine(exchange.url)
        for recorded, ours in self.runs.items():
            url = url.replace(f"/runs/{recorded}", f"/runs/{ours}")
        return url

    def _remember(self, exchange: Exchange, answer) -> None:
        if exchange.method == "PUT" and re.fullmatch(rf"{REGISTRY}/[^/]+", exchange.path):
            self.created.add(exchange.path.lower())
        for header in ("azure-asyncoperation", "location"):
            found = re.search(GUID, exchange.headers.get(header, "").rsplit("/", 1)[-1])
            if found:
                self.operations.setdefault(found.group(), answer.headers.get(header, ""))

    def _compare(self, exchange: Exchange, answer) -> None:
        def differ(where: str, recorded: object, ours: object) -> None:
            self.differences.append(Difference(exchange, where, recorded, ours))

        if answer.status_code != exchange.status:
            differ("status", exchange.status, f"{answer.status_code} {answer.text[:300]}")
            return
        recorded_type = exchange.headers.get("content-type", "")
        if media(recorded_type) != media(answer.headers.get("content-type", "")):
            differ("header/content-type", recorded_type, answer.headers.get("content-type", ""))
        for header in HEADERS:
            if (header in exchange.headers) != (header in answer.headers):
                differ(f"header/{header}", exchange.headers.get(header), answer.headers.get(header))
        text = self.recorded(answer.text)
        for recorded, own in self.runs.items():
            text = re.sub(rf'(?<=["/]){own}(?=")', recorded, text)
        ours = json.loads(text) if text.strip() else ""
        for where, a, b in compare("body", self._own(exchange.body), self._own(ours)):
            differ(where, a, b)

    def _own(self, body: object) -> object:
        """A listing without what other people had in the recorded subscription."""
        if not isinstance(body, dict) or not isinstance(body.get("value"), list):
            return body
        items = body["value"]
        if not all(isinstance(item, dict) and "id" in item for item in items):
            return body
        kept = [item for item in items if item["id"].lower() in self.created]
        return body | {"value": sorted(kept, key=lambda item: item["id"])}


def media(header: str) -> str:
    return header.replace(" ", "").lower()


used: set[int] = set()


@pytest.mark.parametrize("name", FILES)
def test_replay(name, tmp_path):
    exchanges = [exchange for exchange in load() if exchange.file == name]
    with Cloud.open(tmp_path, engine="none") as cloud:
        replay = Replay(cloud)
        prepare(replay, exchanges)
        stock(replay, exchanges)
        for exchange in exchanges:
            replay.play(exchange)
    total = replay.covered + replay.later.total()
    assert total == len(exchanges) and replay.covered > 0
    print(f"{name}: {replay.covered} replayed; later issues: {dict(replay.later)}")
    unexplained = []
    for difference in replay.differences:
        rows = [i for i, row in enumerate(ALLOWED) if row.permits(difference)]
        used.update(rows)
        if not rows:
            unexplained.append(str(difference))
    assert not unexplained, f"{len(unexplained)} differences\n" + "\n".join(unexplained)


def prepare(replay: Replay, exchanges: list[Exchange]) -> None:
    """The resource groups that were there before the first exchange: a PUT that was answered 200 says so."""
    made = {e.path.lower() for e in exchanges if e.method == "PUT" and e.status == 201}
    groups = {}
    for exchange in exchanges:
        found = re.match(rf"{SUB}/resourceGroups/[^/]+", exchange.path, re.IGNORECASE)
        if found and found.group().lower() not in made:
            groups[found.group().lower()] = (found.group(), location(exchanges, found.group()))
    for path, where in groups.values():
        url = ARM + replay.mine(path)
        tags = {"product": "azurecli", "cause": "automation"}
        recorded = recorded_group(exchanges, path)
        body = {"location": where, "tags": recorded.get("tags", tags)}
        answer = replay.session.put(url, params={"api-version": "2022-09-01"}, json=body)
        assert answer.status_code in (200, 201), answer.text


def stock(replay: Replay, exchanges: list[Exchange]) -> None:
    """The registries of other people that an import copies from: there before the first exchange, with the image."""
    for exchange in exchanges:
        source = exchange.request["source"] if exchange.path.endswith("/importImage") else {}
        if "resourceId" not in source:
            continue
        id, (repository, tag) = replay.mine(source["resourceId"]), source["sourceImage"].split(":")
        name = id.rpartition("/")[2]
        version = {"api-version": "2023-11-01-preview"}
        replay.session.put(f"{ARM}{id.partition('/providers')[0]}", params={"api-version": "2022-09-01"},
                           json={"location": "westus"}).raise_for_status()  # fmt: skip
        body = {"location": "westus", "sku": {"name": "Standard"}, "properties": {"adminUserEnabled": True}}
        replay.session.put(f"{ARM}{id}", params=version, json=body).raise_for_status()
        secrets = replay.session.post(f"{ARM}{id}/listCredentials", params=version).json()
        registry = Registry(name, f"{name}.azurecr.io", secrets["username"], secrets["passwords"][0]["value"])
        assert replay.cloud.push(registry, repository, tag)


def recorded_group(exchanges: list[Exchange], path: str) -> dict[str, object]:
    for exchange in exchanges:
        if exchange.path.lower() == path.lower() and isinstance(exchange.body, dict):
            return exchange.body
    return {}


def location(exchanges: list[Exchange], path: str) -> str:
    return str(recorded_group(exchanges, path).get("location", "westus"))


def test_every_exchange_has_its_place():
    """Nothing recorded is overlooked: what is not replayed waits for an issue that is named."""
    counts = Counter(exchange.later or "covered" for exchange in load())
    assert counts.total() == len(load()) and counts["covered"] >= 150, counts
    print(dict(counts))


def test_no_allowance_outlives_its_need(request):
    """Runs last; only where the whole file ran."""
    ran = [item for item in request.session.items if item.function.__name__ == "test_replay"]
    elsewhere = "PYTEST_XDIST_WORKER" in os.environ
    if elsewhere or len(ran) < len(FILES) or FILES == ["(absent)"]:
        pytest.skip("only part of the recordings ran")
    idle = [row for i, row in enumerate(ALLOWED) if i not in used]
    assert not idle, "\n".join(f"{row.path} {row.where}: {row.reason}" for row in idle)
