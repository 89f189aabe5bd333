"""Templates and YAML of task files against Go itself: text/template with sprig, and yaml.v2, as the real engine.

The recorded answers of the ordinary suite are asked for again, and with them more texts than anybody wrote down.
"""

import json
import random

import pytest

from acrlab.agents.runner import taskfile
from acrlab.agents.runner.decode import decoded
from acrlab.agents.runner.documents import YamlInvalid, parse
from acrlab.domain.tasks.gotemplate.engine import FUNCTIONS
from acrlab.domain.tasks.gotemplate.evaluate import render
from acrlab.domain.tasks.gotemplate.nodes import TemplateFailed
from acrlab.domain.tasks.gotemplate.parser import parse as parsed
from acrlab.domain.tasks.task import Task
from tests.agents.runner.test_taskfile import RECORDED as YAMLS
from tests.agents.runner.test_taskfile import shown
from tests.domain.tasks.gotemplate.test_engine import RECORDED as TEMPLATES
from tests.peers.programs import Program

pytestmark = pytest.mark.peers
LISTS = ("Steps", "Push", "When", "ExitedWith", "Mounts", "Envs", "Tags", "Volumes")


@pytest.fixture(scope="module")
def go():
    """Asks Go: a list of requests, a list of answers."""
    program = Program("templates")
    yield program.ask
    program.close()


def rendered(text, data):
    try:
        return {"text": render(parsed("t", text, FUNCTIONS), FUNCTIONS, json.loads(json.dumps(data)))}
    except TemplateFailed as failed:
        return {"error": str(failed)}


def read(text):
    try:
        return {"task": shown(decoded(parse(text), taskfile.TASK, Task()))}
    except YamlInvalid as invalid:
        return {"error": str(invalid)}


def plain(value, key=""):
    """Without the difference between nil and empty, which Python does not have."""
    if value is None and key in LISTS:
        return []
    if isinstance(value, dict):
        return {name: plain(each, name) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def named(answer):
    if "error" in answer:
        text = answer["error"].replace("main.Volume", "volume.Volume").replace("main.Mount", "volume.Mount")
        return {"error": text.replace("main.", "graph.")}
    return plain(answer)


def test_recorded_templates(go):
    data = TEMPLATES["data"]
    answers = go([{"Template": text, "Data": data} for text, _, _ in TEMPLATES["rows"]])
    for (text, written, error), answer in zip(TEMPLATES["rows"], answers, strict=True):
        assert answer == ({"text": written} if error is None else {"error": error}), text


def test_recorded_yaml(go):
    answers = go([{"Yaml": text} for text, _, _ in YAMLS])
    for (text, task, error), answer in zip(YAMLS, answers, strict=True):
        assert named(answer) == ({"task": task} if error is None else {"error": error}), text


VALUES = [".Run.ID", ".Values.foo", ".Values.n", ".Values.missing", ".Values.list", ".Values.deep.x", '"a-b c"', '"x"',
          "3", "-2", "1.5", "true", "(list 1 2 3)", '(dict "a" 1)', "$.Run.OS", '(printf "%s" "y")', "nil"]  # fmt: skip
CALLS = ["upper", "lower", "title", "trim", "quote", "squote", "len", "not", "toString", 'default "d"', "trunc 2",
         "add 1",
         'replace "a" "b"', 'join ","', 'eq "x"', "first", "toJson", "b64enc", 'contains "a"', 'splitList "-"', "print",
         'printf "%v"', "empty", "kindOf", "indent 2", "ternary 1 2", "has 1", "reverse", "sha256sum",
         "index .Values.list"]  # fmt: skip
FRAMES = ["{{ % }}", "{{- % -}}", "{{ if % }}y{{ else }}n{{ end }}", "{{ with % }}[{{ . }}]{{ end }}", " ", "\n",
          "{{ range $i, $e := % }}{{ $i }}={{ $e }};{{ end }}"]  # fmt: skip


def template(chance):
    pieces = []
    for _ in range(chance.choice([1, 1, 1, 2])):
        calls = [chance.choice(CALLS) for _ in range(chance.choice([0, 1, 1, 1, 2, 2, 3]))]
        pieces.append(chance.choice(FRAMES).replace("%", " | ".join([chance.choice(VALUES), *calls]), 1))
    return "".join(pieces)


@pytest.mark.parametrize("seed", range(5))
def test_more_templates(go, seed):
    """The same text, or the same refusal, whatever is piped into what."""
    chance = random.Random(seed)
    texts = [template(chance) for _ in range(1000)]
    answers = go([{"Template": text, "Data": TEMPLATES["data"]} for text in texts])
    for text, answer in zip(texts, answers, strict=True):
        assert rendered(text, TEMPLATES["data"]) == answer, text


LINES = ["steps:", "  - cmd: a", "    id: b", "    timeout: 5", "    timeout: x", "    keep: yes", "    push: [a, b]",
         "    push: a", "  - build: [1]", "    when: ['-']", "version: v1.1.0", "stepTimeout: 1e2", "volumes:",
         "  - name: v", "    secret: {a: b}", "    secret: x", "x: &a {cmd: z}", "  - *a", "  - <<: *a", "  -", "",
         "# c",
         "  - |", "      text", "bad", "- a", "    env: ~"]  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_more_yaml(go, seed):
    chance = random.Random(seed)
    texts = ["\n".join(chance.choice(LINES) for _ in range(chance.randrange(9))) for _ in range(1000)]
    answers = go([{"Yaml": text} for text in texts])
    for text, answer in zip(texts, answers, strict=True):
        assert read(text) == named(answer), text
