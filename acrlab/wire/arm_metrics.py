"""Metrics in Resource Manager: their definitions, their namespaces, their values by time.

Source: Insights 2018-01-01, metrics_API.json and metricDefinitions_API.json; metricNamespaces 2017-12-01-preview; what
azure-cli 2.91 sends.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from acrlab.data import load
from acrlab.domain.errors import NotEmulated
from acrlab.domain.insight_errors import MetricsInvalid
from acrlab.domain.registry import TYPE
from acrlab.domain.resource_id import parse
from acrlab.engine import resources, table
from acrlab.engine.insight import metrics
from acrlab.engine.insight.metrics import Definition, Span
from acrlab.engine.state import Registry, Resource
from acrlab.wire import http
from acrlab.wire.arm_requests import version
from acrlab.wire.call import Call
from acrlab.wire.http import Response
from acrlab.wire.routes import Route

HOUR = 3600.0  # seconds: what is shown where no timespan is asked for
MOST = 20_000  # values of one answer
_RETENTION = f"P{load('metrics')['time']['keep']}D"
_INTERVALS: list[str] = load("metrics")["time"]["intervals"]
_PART = re.compile(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?)?", re.IGNORECASE)
_FILTER = re.compile(r"\s*Geolocation\s+eq\s+'([^']{1,60})'\s*", re.IGNORECASE)
_AGGREGATIONS: dict[str, Callable[[list[float]], float]] = {
    "average": lambda values: sum(values) / len(values), "count": lambda values: float(len(values)),
    "maximum": max, "minimum": min, "total": sum,
}  # fmt: skip


def at(call: Call) -> Resource:
    """The resource that the request stands on. Raises: ResourceNotFound, LinkedIdInvalid, NotEmulated."""
    id = parse(call.params["scope"])
    row = table.row(id.type)
    if row is None:
        raise NotEmulated(what=f"monitoring of {id.type[:100]}")
    return resources.get(call.world, row, id)


def _registry(call: Call) -> tuple[Resource, Registry]:
    """Raises: NotEmulated for what has no metrics here."""
    found = at(call)
    registry = metrics.registry_of(call.world, found.id)
    if registry is None:
        raise NotEmulated(what=f"metrics of {parse(found.id).type}")
    return found, registry


def values(call: Call) -> Response:
    """Metrics by time. Raises: MetricsInvalid, NotEmulated."""
    version(call)
    resource, registry = _registry(call)
    query = _query(call)
    asked = (query.get("metricnames") or "TotalPullCount").lower().split(",")
    wanted = [_definition(name) for name in dict.fromkeys(asked)]
    span, interval = _span(call, query, wanted)
    _require_namespace(query)
    if span.count * len(wanted) > MOST:
        raise MetricsInvalid(reason=f"The timespan and interval ask for more than {MOST} values.")
    chosen = _aggregations(query)
    places = _places(call, registry, query, wanted)
    shown = [_metric(call, resource, registry, each, span, chosen, places) for each in wanted]
    return http.json(200, {
        "cost": 0, "timespan": f"{_moment(span.start)}/{_moment(span.end)}", "interval": interval, "value": shown,
        "namespace": TYPE, "resourceregion": resource.body.get("location", ""),
    })  # fmt: skip


def _query(call: Call) -> dict[str, str]:
    """The parameters by lower-case name. Source: observed, azure-cli 2.91 escapes the ends of a timespan twice."""
    return {name.lower(): unquote(value) for name, value in call.request.parameters().items()}


def _definition(name: str) -> Definition:
    found = metrics.DEFINITIONS.get(name.strip().lower())
    if found is None:
        known = ",".join(each.name for each in metrics.DEFINITIONS.values())
        raise MetricsInvalid(
            reason=f"Failed to find metric configuration for provider: Microsoft.ContainerRegistry, resource Type: "
            f"registries, metric: {name.strip()[:60]}, Valid metrics: {known}"
        )
    return found


def _require_namespace(query: dict[str, str]) -> None:
    asked = query.get("metricnamespace", "")
    if asked and asked.lower() != TYPE.lower():
        raise MetricsInvalid(reason=f"Metric namespace {asked[:100]} is not valid for the resource: use {TYPE}")


def _aggregations(query: dict[str, str]) -> list[str]:
    asked = [each.strip().lower() for each in query.get("aggregation", "").split(",") if each.strip()]
    for each in asked:
        if each not in _AGGREGATIONS:
            raise MetricsInvalid(reason=f"Invalid aggregation type: {each[:40]}. Use {', '.join(_AGGREGATIONS)}")
    return asked


def _places(call: Call, registry: Registry, query: dict[str, str], wanted: list[Definition]) -> list[str]:
    """The regions to tell apart; none where the dimension is not asked for. Raises: MetricsInvalid."""
    text = query.get("$filter", "").strip()
    if not text:
        return []
    term = _FILTER.fullmatch(text)
    if term is None or any("Geolocation" not in each.dimensions for each in wanted):
        raise MetricsInvalid(reason=f"The filter {text[:100]} is not valid for the metrics that are asked for")
    known = metrics.regions(call.world, registry)
    return known if term[1] == "*" else [each for each in known if each.lower() == term[1].lower()]


# Time


def _span(call: Call, query: dict[str, str], wanted: list[Definition]) -> tuple[Span, str]:
    """What is asked for, from whole minute to whole minute.

    az 2.91 asks for a minute where nobody chose an interval, which the service refuses for metrics by the hour. Here
    that is taken for no choice, as AutoAdjustTimegrain takes it; the answer says which interval it has.

    Raises: MetricsInvalid.
    """
    finest = max(each.grain for each in wanted)
    supported = [each for each in _INTERVALS if _seconds(each) >= finest]
    interval = (query.get("interval") or "").upper()
    if interval in ("", "FULL", _INTERVALS[0]):
        interval = supported[0]
    if interval not in supported:
        known = ",".join(map(_clock, supported))
        raise MetricsInvalid(
            reason=f"Detected invalid time grain input: {_clock(interval)}, supported ones are: {known}"
        )
    start, end = _ends(call, query.get("timespan", ""))
    return Span(start - start % 60, end, _seconds(interval)), interval


def _seconds(interval: str) -> int:
    found = _PART.fullmatch(interval)
    days, hours, minutes = (int(each or 0) for each in found.groups()) if found is not None else (0, 0, 0)
    seconds = ((days * 24 + hours) * 60 + minutes) * 60
    if not seconds:
        raise MetricsInvalid(reason=f"Invalid duration: {interval[:40]}")
    return seconds


def _clock(interval: str) -> str:
    """A duration as the service's messages write it: 01:00:00, 1.00:00:00."""
    days, rest = divmod(_seconds(interval), 86400)
    return (f"{days}." if days else "") + f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:00"


def _ends(call: Call, text: str) -> tuple[float, float]:
    """Where a timespan begins and ends: two moments, a duration until this minute is over, or the last hour."""
    first, slash, last = text.partition("/")
    if not slash:
        end = call.world.now() // 60 * 60 + 60
        return end - (_seconds(text) if text else HOUR), end
    try:
        start, end = _read(first), _read(last)
    except (ValueError, OverflowError):
        raise MetricsInvalid(reason=f"Invalid timespan: {text[:80]}") from None
    if end <= start:
        raise MetricsInvalid(reason="The start time of a timespan cannot be equal to or greater than its end time")
    return start, end


def _read(text: str) -> float:
    found = datetime.fromisoformat(text.strip().replace(" ", "+"))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# How it is told


def _metric(
    call: Call, resource: Resource, registry: Registry, metric: Definition, span: Span, chosen: list[str],
    places: list[str],
) -> dict[str, Any]:  # fmt: skip
    found = metrics.series(call.world, registry, metric, span)
    words = chosen or [metric.aggregation.lower()]
    steps = zip(span.steps(), found, strict=True)
    data = [
        {"timeStamp": _moment(start), **_aggregated(metric, values, words, start, registry)} for start, values in steps
    ]
    series = [{"metadatavalues": [_place(each)], "data": data} for each in places]
    return {
        "id": f"{resource.id}/providers/Microsoft.Insights/metrics/{metric.name}", "type": "Microsoft.Insights/metrics",
        "name": {"value": metric.name, "localizedValue": metric.title}, "displayDescription": metric.description,
        "unit": metric.unit, "timeseries": series or [{"metadatavalues": [], "data": data}], "errorCode": "Success",
    }  # fmt: skip


def _aggregated(
    metric: Definition, values: list[float], words: list[str], start: float, registry: Registry
) -> dict[str, float]:
    """One step. What is counted is nothing where nothing happened, once the registry is there."""
    if not values and (metric.aggregation != "Total" or start + metric.grain <= registry.created):
        return {}
    return {word: _AGGREGATIONS[word](values or [0.0]) for word in words}


def _place(region: str) -> dict[str, Any]:
    return {"name": {"value": "geolocation", "localizedValue": "geolocation"}, "value": region}


def definitions(call: Call) -> Response:
    """The metrics that a registry has."""
    version(call)
    resource, _ = _registry(call)
    shown = [_defined(resource, each) for each in metrics.DEFINITIONS.values()]
    return http.json(200, {"value": shown})


def _defined(resource: Resource, metric: Definition) -> dict[str, Any]:
    fitting = [each for each in _INTERVALS if _seconds(each) >= metric.grain]
    dimensions = [{"value": each, "localizedValue": each} for each in metric.dimensions]
    return {
        "id": f"{resource.id}/providers/microsoft.insights/metricdefinitions/{metric.name}", "resourceId": resource.id,
        "namespace": TYPE, "name": {"value": metric.name, "localizedValue": metric.title},
        "displayDescription": metric.description, "unit": metric.unit, "isDimensionRequired": False,
        "primaryAggregationType": metric.aggregation,
        "supportedAggregationTypes": ["None", "Average", "Minimum", "Maximum", "Total", "Count"],
        "metricAvailabilities": [{"timeGrain": each, "retention": _RETENTION} for each in fitting],
        **({"dimensions": dimensions} if dimensions else {}),
    }  # fmt: skip


def namespaces(call: Call) -> Response:
    """Where a registry's metrics are: in one namespace, the platform's."""
    version(call)
    resource, _ = _registry(call)
    shown = {
        "id": f"{resource.id}/providers/microsoft.insights/metricNamespaces/{TYPE}", "name": TYPE,
        "type": "Microsoft.Insights/metricNamespaces", "classification": "Platform",
        "properties": {"metricNamespaceName": TYPE},
    }  # fmt: skip
    return http.json(200, {"value": [shown]})


_ROOT = "/{scope*}/providers/Microsoft.Insights"
ROUTES = (
    Route(method="GET", path=f"{_ROOT}/metrics", handler=values, scope="Microsoft.Insights/metrics/read"),
    Route(
        method="GET", path=f"{_ROOT}/metricDefinitions", handler=definitions,
        scope="Microsoft.Insights/metricDefinitions/read",
    ),
    Route(
        method="GET", path=f"{_ROOT}/metricNamespaces", handler=namespaces,
        scope="Microsoft.Insights/metricNamespaces/read",
    ),
)  # fmt: skip
