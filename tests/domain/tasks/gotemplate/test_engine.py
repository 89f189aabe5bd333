"""Go templates: what Go itself answered for the same texts, and that no text is too much.

recorded.json holds what text/template of Go 1.26 with sprig 2.22 wrote; the peers lane asks them again.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acrlab.domain.tasks.gotemplate.engine import FUNCTIONS, rendered
from acrlab.domain.tasks.gotemplate.nodes import TemplateFailed

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("text, written, error", RECORDED["rows"], ids=[row[0] for row in RECORDED["rows"]])
def test_as_go(text, written, error):
    data = json.loads(json.dumps(RECORDED["data"]))  # `set` and `merge` change what they are given
    if error is None:
        assert rendered("t", text, data) == written.replace("<no value>", "")
        return
    with pytest.raises(TemplateFailed) as failed:
        rendered("t", text, data)
    kind = "parse" if failed.value.args[0].startswith("failed to parse") else "execute"
    assert str(failed.value) == f"failed to {kind} template: t. Err: {error}"


@pytest.mark.parametrize(
    "text",
    [
        "{{ range until 1000000000 }}x{{ end }}",
        '{{ repeat 1000000000 "x" }}',
        '{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}',
        "{{ range until 9000 }}{{ range until 9000 }}x{{ end }}{{ end }}",
        '{{ $x := repeat 1000000 "x" }}{{ range until 9000 }}{{ $x }}{{ end }}',
        '{{ indent 100000000 "x" }}',
        "{{ " + "(" * 5000,
        "{{ if true }}" * 5000,
        "{{ untilStep 0 2000000000 1 }}",
    ],
)
def test_no_text_takes_for_ever(text):
    with pytest.raises(TemplateFailed):
        rendered("t", text, {})


WORDS = st.sampled_from(
    ["{{", "}}", "{{-", "-}}", " ", "(", ")", "|", "$x", ":=", "=", ".", ".Run", ".Values.a", '"s"', "`r`", "'c'", "1",
     "-2.5", "nil", "true", "if", "else", "end", "range", "with", "define", "template", "block", "break", "/*", "*/",
     ",", "\n", *sorted(FUNCTIONS)]
)  # fmt: skip
DATA = {"Run": {"ID": "x"}, "Values": {"a": [1, "b", None, {"c": 2.5}]}}


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=30))
def test_every_text_is_rendered_or_refused(words):
    text = " ".join(words)
    for each in (text, "{{ " + text + " }}"):
        try:
            assert isinstance(rendered("t", each, json.loads(json.dumps(DATA))), str)
        except TemplateFailed as failed:
            assert "template: t" in str(failed)
