"""What templates are made of: functions, loops, functions of their own, declared types."""

import uuid
from typing import Any

import pytest

from acrlab.domain.templates.errors import TemplateInvalid
from acrlab.domain.templates.expressions import Scope, resolved
from acrlab.domain.templates.functions import FUNCTIONS, LAZY
from acrlab.domain.templates.template import bind, planned

NOW = 1_790_000_000.0


def scope(**more: Any) -> Scope:
    facts = {
        "resourceGroup": {"name": "g"}, "subscription": {"subscriptionId": "s"}, "parameters": {}, "variables": {},
        "now": NOW, **more,
    }  # fmt: skip
    return Scope(FUNCTIONS, LAZY, facts)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # the values are those that Azure and Bicep give, as people publish them
        ("[uniqueString('test')]", "rbgf3xv4ufgzg"),
        ("[uniqueString('hello', 'world')]", "a7wkljktk6wne"),
        ("[uniqueString('/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg')]",
         "bmg7c6xu4tw46"),
        ("[guid('a', 'b')]", str(uuid.uuid5(uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830"), "a-b"))),
        ("[map(range(0, 3), lambda('i', format('acr{0:D2}', lambdaVariables('i'))))]", ["acr00", "acr01", "acr02"]),
        ("[filter(createArray(1, 5, 9), lambda('n', greater(lambdaVariables('n'), 4)))]", [5, 9]),
        ("[sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]", [1, 2, 3]),
        ("[reduce(createArray(1, 2, 3), 0, lambda('a', 'b', add(lambdaVariables('a'), lambdaVariables('b'))))]", 6),
        ("[toObject(createArray('x', 'y'), lambda('e', lambdaVariables('e')), lambda('e', 1))]", {"x": 1, "y": 1}),
        ("[groupBy(createArray('ab', 'ac', 'b'), lambda('e', first(lambdaVariables('e'))))]",
         {"a": ["ab", "ac"], "b": ["b"]}),
        ("[mapValues(createObject('a', 1), lambda('v', add(lambdaVariables('v'), 1)))]", {"a": 2}),
        ("[map(createArray('a'), lambda('x', map(createArray('b'), "
         "lambda('y', concat(lambdaVariables('x'), lambdaVariables('y'))))))]", [["ab"]]),
        ("[intersection(createArray('a', 'b'), createArray('b', 'c'))]", ["b"]),
        ("[intersection(createObject('a', 1, 'b', 2), createObject('a', 1, 'b', 3))]", {"a": 1}),
        ("[union(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2)))]",
         {"a": {"x": 1, "y": 2}}),
        ("[shallowMerge(createArray(createObject('a', createObject('x', 1)), createObject('a', 2)))]", {"a": 2}),
        ("[objectKeys(createObject('b', 1, 'a', 2))]", ["a", "b"]),
        ("[tryGet(createObject('a', createObject('b', 3)), 'A', 'b')]", 3),
        ("[tryGet(createObject('a', 1), 'z')]", None),
        ("[lastIndexOf('abcabc', 'B')]", 4),
        ("[indexOf(createArray('x', 'y'), 'y')]", 1),
        ("[base64ToString(base64('one'))]", "one"),
        ("[base64ToJson(base64('{\"a\": 1}'))]", {"a": 1}),
        ("[uriComponent('https://x/a b')]", "https%3A%2F%2Fx%2Fa%20b"),
        ("[uriComponentToString('a%20b')]", "a b"),
        ("[uri('https://x/a/', 'b.json')]", "https://x/a/b.json"),
        ("[dataUriToString(dataUri('x'))]", "x"),
        ("[parseCidr('10.144.0.0/20').lastUsable]", "10.144.15.254"),
        ("[cidrSubnet('10.144.0.0/20', 24, 1)]", "10.144.1.0/24"),
        ("[cidrHost('10.144.3.0/24', 0)]", "10.144.3.1"),
        ("[utcNow('yyyy-MM-dd')]", "2026-09-21"),
        ("[utcNow()]", "20260921T141320Z"),
        ("[dateTimeAdd('2026-01-31T00:00:00Z', 'P1M', 'yyyy-MM-dd')]", "2026-02-28"),
        ("[dateTimeAdd('2026-03-01T00:00:00Z', '-PT1H')]", "2026-02-28T23:00:00Z"),
        ("[dateTimeToEpoch(dateTimeFromEpoch(1683040573))]", 1683040573),
        ("[first('')]", ""),
        ("[equals(1, true())]", False),
        ("[managementGroupResourceId('top', 'Microsoft.X/a', 'b')]",
         "/providers/Microsoft.Management/managementGroups/top/providers/Microsoft.X/a/b"),
    ],
)  # fmt: skip
def test_functions(text: str, value: Any) -> None:
    assert resolved(text, scope()) == value


@pytest.mark.parametrize(
    "text",
    [
        "[map(1, lambda('i', 1))]", "[map(createArray(1), 'no lambda')]", "[map(createArray(1))]", "[lambda('i', 1)]",
        "[lambdaVariables('i')]", "[sort(createArray(1, 'a'), lambda('a', 'b', less(lambdaVariables('a'), "
        "lambdaVariables('b'))))]", "[reduce(1, 2, 3)]", "[toObject(1, lambda('x', 1))]", "[utcNow(1)]",
        "[dateTimeAdd('x', 'P1D')]", "[dateTimeAdd('2026-01-01', 'P')]", "[dateTimeAdd('9999-12-31', 'P9999Y')]",
        "[cidrSubnet('10.0.0.0/24', 8, 0)]", "[cidrHost('10.0.0.0/24', 256)]", "[parseCidr('x')]",
        "[base64ToString('%')]", "[dateTimeFromEpoch(99999999999999)]", "[copyIndex('x')]", "[contoso.nothing(1)]",
        "[map(range(0, 9000), lambda('i', map(range(0, 9000), lambda('j', 1))))]",  # as many turns as hang a service
        "[json(concat('[', replace(string(range(0, 9000)), ',', '['), ']'))]",
        "[replace(padLeft('', 130000, 'a'), 'a', padLeft('', 130000, 'b'))]",
        "[join(range(0, 9000), padLeft('', 130000, 'b'))]",
        "[string(map(range(0, 9000), lambda('i', padLeft('', 130000, 'b'))))]",
    ],
)  # fmt: skip
def test_functions_of_what_they_are_not(text: str) -> None:
    with pytest.raises(TemplateInvalid):
        resolved(text, scope())


def test_loops_of_properties() -> None:
    rules = {
        "copy": [{"name": "ipRules", "count": 2, "input": {
            "action": "Allow", "value": "[format('10.0.{0}.0/24', copyIndex('ipRules', 1))]"}}],
        "defaultAction": "Deny",
    }  # fmt: skip
    assert resolved(rules, scope()) == {
        "defaultAction": "Deny",
        "ipRules": [{"action": "Allow", "value": "10.0.1.0/24"}, {"action": "Allow", "value": "10.0.2.0/24"}],
    }


def test_loops_of_resources_inside_each_other() -> None:
    child = {"type": "b", "name": "[format('child{0}', copyIndex())]", "properties": {"at": "[copyIndex('outer')]"}}
    parent = {"type": "Microsoft.X/a", "name": "[format('p{0}', copyIndex())]", "copy": {"name": "outer", "count": 2},
              "resources": [child]}  # fmt: skip
    here = scope()
    rows = planned({"resources": [parent]}, here)
    assert [each.name for each in rows] == ["p0", "p0/child0", "p1", "p1/child1"]
    assert [resolved(each.body, each.scope(here)) for each in rows[1::2]] == [
        {"properties": {"at": 0}}, {"properties": {"at": 1}},
    ]  # fmt: skip


def test_functions_of_the_template() -> None:
    double = {"parameters": [{"name": "n", "type": "int"}],
              "output": {"type": "int", "value": "[mul(parameters('n'), 2)]"}}  # fmt: skip
    endless = {"parameters": [], "output": {"type": "int", "value": "[own.endless()]"}}
    here = scope()
    bind({"functions": [{"namespace": "own", "members": {"double": double, "endless": endless}}]}, {}, here)
    assert resolved("[own.double(own.double(3))]", here) == 12
    for wrong in ("[own.double()]", "[own.endless()]"):
        with pytest.raises(TemplateInvalid):
            resolved(wrong, here)


def test_types_that_a_template_declares() -> None:
    tier = {"type": "string", "allowedValues": ["Basic", "Premium"]}
    template = {"definitions": {"tier": tier, "alias": {"$ref": "#/definitions/tier"}},
                "parameters": {"sku": {"$ref": "#/definitions/alias", "nullable": True}}}  # fmt: skip
    here = scope()
    bind(template, {"sku": {"value": "Basic"}}, here)
    assert resolved("[parameters('sku')]", here) == "Basic"
    with pytest.raises(TemplateInvalid, match="allowed value"):
        bind(template, {"sku": {"value": "Gold"}}, scope())
    loop = {"definitions": {"a": {"$ref": "#/definitions/a"}}, "parameters": {"x": {"$ref": "#/definitions/a"}}}
    for wrong in (loop, {"parameters": {"x": {"$ref": "#/definitions/none"}}}):
        with pytest.raises(TemplateInvalid):
            bind(wrong, {}, scope())


def test_extensions_as_older_templates_write_them() -> None:
    old = {
        "type": "Microsoft.ContainerRegistry/registries/providers/roleAssignments", "apiVersion": "2022-04-01",
        "name": "contoso/Microsoft.Authorization/7f951dda-4ed3-4680-a7ca-43fe172d538d",
    }  # fmt: skip
    (row,) = planned({"resources": [old]}, scope())
    assert row.kind == "Microsoft.Authorization/roleAssignments"
    assert (row.name, row.on) == (old["name"].rpartition("/")[2], "Microsoft.ContainerRegistry/registries/contoso")


@pytest.mark.parametrize(
    "text",
    [
        "[reduce(range(0, 60), 3, lambda('a', 'b', mul(lambdaVariables('a'), lambdaVariables('a'))))]",
        "[json('1e999')]",
        "[json('[99999999999999999999]')]",
        "[json('\"\\ud800\"')]",
        "[length(map(range(0, 10000), lambda('n', equals(range(0, 10000), range(0, 10000)))))]",
        "[length(map(range(0, 10000), lambda('n', uniqueString(padLeft('', 100000)))))]",
        "[length(map(range(0, 10000), lambda('n', map(range(0, 1), lambda('m', variables('big'))))))]",
    ],
)
def test_what_takes_too_long_or_cannot_be_written_down_is_refused(text: str) -> None:
    with pytest.raises(TemplateInvalid, match=r"too large|turns of loops|half of a character"):
        resolved(text, scope(variables={"big": list(range(10000))}))


def test_a_loop_over_what_is_large_is_refused() -> None:
    loop = {"copy": [{"name": "all", "count": 800, "input": [1] * 10000}]}
    with pytest.raises(TemplateInvalid, match="turns of loops"):
        resolved(loop, scope())
    with pytest.raises(TemplateInvalid, match="turns of loops"):
        bind({"variables": {"copy": [{"name": "all", "count": 800, "input": [1] * 10000}]}}, {}, scope())


def test_lists_are_joined_by_what_their_values_are_written_as() -> None:
    assert resolved("[union(createArray(1, true(), '1'), createArray(true(), 2))]", scope()) == [1, True, "1", 2]
    assert resolved("[intersection(range(0, 10000), range(9998, 5))]", scope()) == [9998, 9999]
