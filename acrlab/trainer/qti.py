"""QTI 3.0: a package of items, one for each question, and a test that lists them.

Every kind becomes interactions that need no picture and no drag: choices, an order list, a text entry.
Source: 1EdTech Question and Test Interoperability 3.0, ASI information model (2022-05-01).
"""

from collections.abc import Callable, Sequence
from xml.etree import ElementTree as xml

from acrlab.trainer.instance import Component, Instance

ASI = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
PACKAGE = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
Node = xml.Element


def files(instances: Sequence[Instance]) -> dict[str, bytes]:
    """The files of a package, by path."""
    names = {each.question.id: f"items/{identifier(each.question.id)}.xml" for each in instances}
    found = {names[each.question.id]: _written(item(each)) for each in instances}
    found["test.xml"] = _written(_test(instances, names))
    found["imsmanifest.xml"] = _written(_manifest(instances, names))
    return found


def identifier(question: str) -> str:
    """A question's id as an XML name."""
    return "q-" + question.replace("/", "-")


def item(instance: Instance) -> Node:
    """One question as an assessment item."""
    question = instance.question
    root = Node("qti-assessment-item", {
        "xmlns": ASI, "identifier": identifier(question.id), "title": question.title, "adaptive": "false",
        "time-dependent": "false", "xml:lang": "en",
    })  # fmt: skip
    for part in instance.parts:
        _DECLARED[part.way](root, part)
    outcome = _under(
        root, "qti-outcome-declaration", identifier="SCORE", cardinality="single", **{"base-type": "float"}
    )
    _under(_under(outcome, "qti-default-value"), "qti-value", text="0")
    body = _under(root, "qti-item-body")
    for title, text in instance.scenario.tabs if instance.scenario else ():
        _under(_under(body, "p"), "strong", text=title)
        _under(body, "p", text=text)
    _under(body, "p", text=instance.ask)
    if instance.scene:
        _under(body, "pre", text=instance.scene)
    for part in instance.parts:
        _SHOWN[part.way](body, part)
    _reasons(body, instance)
    _processing(root, instance)
    return root


def _declare(root: Node, part: Component, cardinality: str, kind: str) -> Node:
    return _under(root, "qti-response-declaration", identifier=f"RESPONSE{part.key}", cardinality=cardinality,
                  **{"base-type": kind})  # fmt: skip


def _declared_choice(root: Node, part: Component) -> None:
    right = [each for each in part.options if each.right]
    declared = _declare(root, part, "multiple" if part.way == "several" else "single", "identifier")
    _correct(declared, [each.key for each in right])
    mapping = _under(
        declared, "qti-mapping", **{"default-value": "0", "lower-bound": "0", "upper-bound": str(len(right))}
    )
    for each in right:
        _under(mapping, "qti-map-entry", **{"map-key": each.key, "mapped-value": "1"})


def _declared_order(root: Node, part: Component) -> None:
    right = sorted((each for each in part.options if each.right), key=lambda each: each.place)
    _correct(_declare(root, part, "ordered", "identifier"), [each.key for each in right])


def _declared_text(root: Node, part: Component) -> None:
    right = [each.say for each in part.options if each.right]
    declared = _declare(root, part, "single", "string")
    _correct(declared, right[:1])
    mapping = _under(declared, "qti-mapping", **{"default-value": "0"})
    for each in right:
        _under(mapping, "qti-map-entry", **{"map-key": each, "mapped-value": "1", "case-sensitive": "false"})


def _declared_deed(root: Node, part: Component) -> None:
    _declare(root, part, "single", "string")


def _correct(declared: Node, values: Sequence[str]) -> None:
    right = _under(declared, "qti-correct-response")
    for each in values:
        _under(right, "qti-value", text=each)


def _limits(part: Component) -> dict[str, str]:
    most = str(part.choose)
    named = {"response-identifier": f"RESPONSE{part.key}", "shuffle": "false"}
    return {**named, "max-choices": most, "min-choices": most}


def _shown_choice(body: Node, part: Component) -> None:
    most = str(part.choose)
    shown = _under(body, "qti-choice-interaction", **_limits(part))
    _under(shown, "qti-prompt", text=part.prompt or ("Choose one." if part.choose == 1 else f"Choose {most}."))
    for each in part.options:
        _under(shown, "qti-simple-choice", text=each.say, identifier=each.key)


def _shown_order(body: Node, part: Component) -> None:
    most = str(part.choose)
    shown = _under(body, "qti-order-interaction", **_limits(part))
    _under(shown, "qti-prompt", text=f"Choose the {most} steps that are needed, in order.")
    for each in part.options:
        _under(shown, "qti-simple-choice", text=each.say, identifier=each.key)


def _shown_text(body: Node, part: Component) -> None:
    holder = _under(body, "p", text="Command: ")
    _under(
        holder, "qti-text-entry-interaction", **{"response-identifier": f"RESPONSE{part.key}", "expected-length": "120"}
    )


def _shown_deed(body: Node, part: Component) -> None:
    shown = _under(body, "qti-extended-text-interaction", **{"response-identifier": f"RESPONSE{part.key}"})
    _under(shown, "qti-prompt", text=f"{part.prompt} (performed in acrlab; hand in the signed result)")


_DECLARED: dict[str, Callable[[Node, Component], None]] = {
    "one": _declared_choice, "several": _declared_choice, "order": _declared_order, "command": _declared_text,
    "do": _declared_deed,
}  # fmt: skip
_SHOWN: dict[str, Callable[[Node, Component], None]] = {
    "one": _shown_choice, "several": _shown_choice, "order": _shown_order, "command": _shown_text, "do": _shown_deed,
}  # fmt: skip


def _reasons(body: Node, instance: Instance) -> None:
    rubric = _under(body, "qti-rubric-block", use="scoring", view="scorer tutor")
    content = _under(rubric, "qti-content-body")
    for part in instance.parts:
        for each in part.options:
            _under(content, "p", text=f"{each.say}: {each.because}")


def _processing(root: Node, instance: Instance) -> None:
    outcome = _under(_under(root, "qti-response-processing"), "qti-set-outcome-value", identifier="SCORE")
    total = _under(outcome, "qti-sum")
    _under(total, "qti-base-value", text="0", **{"base-type": "float"})
    for part in instance.parts:
        if part.way in ("one", "several", "command"):
            _under(total, "qti-map-response", identifier=f"RESPONSE{part.key}")
        elif part.way == "order":
            _placed(total, part)


def _placed(total: Node, part: Component) -> None:
    """All points for the right order; QTI has no sum over places without custom operators."""
    product = _under(total, "qti-product")
    _under(product, "qti-base-value", text=str(part.possible), **{"base-type": "float"})
    size = _under(product, "qti-container-size")
    whole = _under(size, "qti-delete")
    _under(whole, "qti-base-value", text="false", **{"base-type": "boolean"})
    match = _under(_under(whole, "qti-multiple"), "qti-match")
    _under(match, "qti-variable", identifier=f"RESPONSE{part.key}")
    _under(match, "qti-correct", identifier=f"RESPONSE{part.key}")


def _test(instances: Sequence[Instance], names: dict[str, str]) -> Node:
    root = Node("qti-assessment-test", {"xmlns": ASI, "identifier": "acrlab", "title": "acrlab questions"})
    part = _under(
        root, "qti-test-part", identifier="part", **{"navigation-mode": "nonlinear", "submission-mode": "individual"}
    )
    section = _under(part, "qti-assessment-section", identifier="section", title="Questions", visible="true")
    for each in instances:
        _under(
            section, "qti-assessment-item-ref", identifier=identifier(each.question.id), href=names[each.question.id]
        )
    return root


def _manifest(instances: Sequence[Instance], names: dict[str, str]) -> Node:
    root = Node("manifest", {"xmlns": PACKAGE, "identifier": "acrlab-questions"})
    meta = _under(root, "metadata")
    _under(meta, "schema", text="QTI Package")
    _under(meta, "schemaversion", text="3.0.0")
    _under(root, "organizations")
    resources = _under(root, "resources")
    test = _under(resources, "resource", identifier="test", type="imsqti_test_xmlv3p0", href="test.xml")
    _under(test, "file", href="test.xml")
    for each in instances:
        key, path = identifier(each.question.id), names[each.question.id]
        held = _under(resources, "resource", identifier=f"r-{key}", type="imsqti_item_xmlv3p0", href=path)
        _under(held, "file", href=path)
        _under(test, "dependency", identifierref=f"r-{key}")
    return root


def _under(parent: Node, tag: str, text: str = "", **attributes: str) -> Node:
    node = xml.SubElement(parent, tag, attributes)
    node.text = text or None
    return node


def _written(root: Node) -> bytes:
    xml.indent(root)
    return (_HEAD + xml.tostring(root, encoding="unicode") + "\n").encode()
