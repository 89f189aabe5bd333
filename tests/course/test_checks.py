"""Counting points, and the evidence that is counted."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from acrlab.course import Check, CheckInvalid, Evidence, Finding, check, expect, never
from acrlab.course.report import Report, number

HINTS = ("a", "b", "c")
GROUP = "acrlab-x"
PATH = f"/subscriptions/s/resourceGroups/{GROUP}"
NOTHING = Evidence(GROUP, [], [])


def made(*findings: Finding, points: int = 2) -> Check:
    @check("a title", points=points, hints=HINTS)
    def some(seen: Evidence) -> Iterator[Finding]:
        yield from findings

    return some


YES, NO = expect(True, "this", "this"), expect(False, "that", "something else")
FORBIDDEN, KEPT = never(True, "theft", "stolen"), never(False, "murder", "alive")


@pytest.mark.parametrize(
    ("findings", "points", "word"),
    [
        ((YES, YES), 2, "passed"),
        ((YES, NO), 1, "partly"),
        ((YES, YES, NO), 1.33, "partly"),
        ((NO,), 0, "failed"),
        ((YES, KEPT), 2, "passed"),
        ((YES, FORBIDDEN), 0, "failed"),
        ((KEPT,), 0, "failed"),
        ((), 0, "failed"),
    ],
)
def test_points(findings: tuple[Finding, ...], points: float, word: str) -> None:
    graded = made(*findings).grade(NOTHING)
    assert (graded.points, graded.word, graded.passed) == (points, word, word == "passed")


def test_advice_is_the_findings_own_or_the_nudge() -> None:
    own = msgspec.structs.replace(NO, advice="dig")
    graded = made(NO, own).grade(NOTHING)
    assert [graded.advice(each) for each in graded.missing] == ["a", "dig"]


def test_what_must_never_happen_is_shown_as_such() -> None:
    report = Report("A lab", [made(YES, FORBIDDEN).grade(NOTHING)])
    assert "never     theft" in report.text()
    assert "never: theft" in report.html()


def test_the_same_advice_is_given_once() -> None:
    assert Report("A lab", [made(NO, NO).grade(NOTHING)]).text().count("try") == 1


def test_an_empty_report_is_not_complete() -> None:
    assert not Report("A lab", []).complete


def test_points_without_needless_zeros() -> None:
    assert [number(each) for each in (2.0, 1.5, 1.33, 0.0, 10.0)] == ["2", "1.5", "1.33", "0", "10"]


@pytest.mark.parametrize("given", [{"points": 0}, {"step": 0}, {"hints": ("a", "b", " ")}, {"hints": ("a",)}])
def test_a_check_that_is_not_well_made_is_named(given: dict[str, Any]) -> None:
    with pytest.raises(CheckInvalid, match="check look"):

        @check("t", **{"hints": HINTS, **given})
        def look(seen: Evidence) -> Iterator[Finding]:
            yield YES


# Evidence


def put(tag: str = "", path: str = PATH) -> dict[str, Any]:
    return {"type": "ResourcePut", "id": path, "at": 1.0, "body": {"tags": {"acrlab-begun": tag}} if tag else {}}


def gone(path: str = PATH) -> dict[str, Any]:
    return {"type": "ResourceDeleted", "id": path, "at": 1.0}


def asked(url: str) -> dict[str, Any]:
    return {"at": 1.0, "method": "PUT", "url": url, "status": 200, "principal": "me"}


@pytest.mark.parametrize(
    ("told", "after"),
    [
        ([], None),
        ([put()], None),
        ([put("a")], 0),
        ([put(), put("a"), put("a"), put("a")], 2),
        ([put("a"), put(), put("b"), put("b")], 1),
        ([put("a"), gone()], None),
        ([put("a"), gone(), put(), put("c")], 0),
        ([put("a", "/subscriptions/s/resourceGroups/other")], None),
        ([put("a"), put("b", f"{PATH}/providers/p/t/n")], 1),
        ([put("a", PATH.upper())], 0),
    ],
)
def test_where_a_lab_begins(told: list[dict[str, Any]], after: int | None) -> None:
    seen = Evidence(GROUP, told, [])
    assert seen.begun == (after is not None)
    assert len(seen.history) == (after or 0)


def test_requests_before_the_beginning_do_not_count() -> None:
    base = "https://management.azure.com"
    requests = [asked("https://x/1"), asked(f"{base}{PATH}?a=1&acrlab-begin=1"), asked("https://x/2")]
    assert [each.url for each in Evidence(GROUP, [put("a")], requests).exchanges] == ["https://x/2"]
    other = asked(f"{base}{PATH}other?acrlab-begin=1")
    urls = [each.url for each in Evidence(GROUP, [put("a")], [*requests, other]).exchanges]
    assert urls == ["https://x/2", other["url"]]
    assert Evidence(GROUP, [put()], requests).exchanges == ()


def test_paths_are_compared_decoded() -> None:
    requests = [asked("https://x.azurecr.io/v2/a%2Fb/manifests/1?n=1")]
    seen = Evidence(GROUP, [put("a")], requests)
    assert [each.path for each in seen.asked("PUT", "x.azurecr.io", "/a/b/manifests/1")] == ["/v2/a/b/manifests/1"]
    assert seen.asked("GET", "x.azurecr.io", "/a/b/manifests/1") == []
