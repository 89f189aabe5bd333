"""pipeline { … }: its sections, checked and run. Source: Jenkins handbook, pipeline syntax (2025)."""

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from acrlab.pipelines.jenkins import steps
from acrlab.pipelines.jenkins.build import FAILURE, SUCCESS, UNSTABLE, Build, text, truth
from acrlab.pipelines.jenkins.syntax import Assign, Call, Name, Statement, Template
from acrlab.pipelines.refusals import PipelineRefused, StepFailed, ToolMissing, not_in_subset

PIPELINE = ("agent", "environment", "options", "parameters", "stages", "post")
STAGE = ("agent", "environment", "when", "steps", "stages", "post")
OPTIONS = ("disableConcurrentBuilds", "skipDefaultCheckout")
PARAMETERS: dict[str, type] = {"string": str, "text": str, "booleanParam": bool}
POST = ("always", "success", "failure", "unstable", "cleanup")
WHEN = ("branch", "expression", "environment", "not", "allOf", "anyOf")


def sections(call: Call, known: tuple[str, ...], what: str) -> dict[str, Call]:
    """The sections of a block by name. Raises: PipelineRefused."""
    found: dict[str, Call] = {}
    for each in body(call):
        if not isinstance(each, Call) or each.target is not None:
            raise PipelineRefused(f"{what} has sections only: {', '.join(known)}", each.line)
        if each.name not in known:
            raise not_in_subset(f"`{each.name}` of {what}", each.line)
        if each.name in found:
            raise PipelineRefused(f"{what} has `{each.name}` twice", each.line)
        found[each.name] = each
    return found


def body(call: Call) -> tuple[Statement, ...]:
    """Raises: PipelineRefused for a section without a block."""
    if call.closure is None:
        raise PipelineRefused(f"`{call.name}` is followed by {{ … }}", call.line)
    return call.closure.body


def calls(call: Call, known: Iterable[str], what: str) -> list[Call]:
    """The calls of a block that may hold some of one kind. Raises: PipelineRefused."""
    names = tuple(known)
    found: list[Call] = []
    for each in body(call):
        if not isinstance(each, Call) or each.target is not None or each.name not in names:
            raise not_in_subset(f"`{getattr(each, 'name', 'this')}` in {what}", each.line)
        found.append(each)
    return found


# Before it runs


def check(pipeline: Call) -> None:
    """Raises: PipelineRefused."""
    found = sections(pipeline, PIPELINE, "pipeline")
    if "agent" not in found or "stages" not in found:
        raise PipelineRefused("a pipeline needs an agent and stages", pipeline.line)
    _agent(found["agent"])
    for each in calls(found["options"], OPTIONS, "options") if "options" in found else ():
        if each.given or each.named:
            raise not_in_subset(f"arguments of `{each.name}`", each.line)
    for each in calls(found["parameters"], PARAMETERS, "parameters") if "parameters" in found else ():
        if "name" not in each.named:
            raise PipelineRefused("a parameter has a name", each.line)
    _common(found)
    for stage in calls(found["stages"], ("stage",), "stages"):
        _check_stage(stage)


def _agent(agent: Call) -> None:
    word = agent.given[0] if agent.given else None
    if isinstance(word, Name) and word.name in ("any", "none"):
        return
    if agent.closure is not None:
        calls(agent, ("label",), "agent")
        return
    raise PipelineRefused("agent is any, none or { label … }", agent.line)


def _common(found: dict[str, Call]) -> None:
    for each in body(found["environment"]) if "environment" in found else ():
        if not isinstance(each, Assign) or not isinstance(each.target, Name):
            raise PipelineRefused("environment holds NAME = value", each.line)
        inner = each.value
        walk(inner.given if isinstance(inner, Call) and _is_credentials(inner) else [inner])
    for each in calls(found["post"], POST, "post") if "post" in found else ():
        walk(body(each))


def _is_credentials(value: Any) -> bool:
    return isinstance(value, Call) and value.target is None and value.name == "credentials"


def _check_stage(stage: Call) -> None:
    if len(stage.given) != 1 or not isinstance(stage.given[0], Template):
        raise PipelineRefused("a stage has a name", stage.line)
    found = sections(stage, STAGE, "stage")
    if ("steps" in found) is ("stages" in found):
        raise PipelineRefused("a stage has either steps or stages", stage.line)
    if "agent" in found:
        _agent(found["agent"])
    _common(found)
    if "when" in found:
        _check_when(found["when"])
    if "steps" in found:
        walk(body(found["steps"]))
    for inner in calls(found["stages"], ("stage",), "stages") if "stages" in found else ():
        _check_stage(inner)


def _check_when(when: Call) -> None:
    for each in calls(when, WHEN, "when"):
        if each.name in ("not", "allOf", "anyOf"):
            _check_when(each)
        elif each.name == "expression":
            walk(body(each))
        else:
            walk([*each.given, *each.named.values()])


def walk(statements: Iterable[Any]) -> None:
    """Check every call in statements, however deep. Raises: PipelineRefused."""
    for call in _calls(statements):
        steps.check(call)


def _calls(found: Any) -> Iterator[Call]:
    if isinstance(found, Call):
        yield found
    if isinstance(found, dict):
        found = found.values()
    if isinstance(found, str | int) or found is None:
        return
    for each in found:
        yield from _calls(each)


# Running


def run(build: Build, pipeline: Call, starts: Callable[[], None]) -> None:
    """Run a pipeline that was checked; what goes wrong is in the build's result."""
    found = sections(pipeline, PIPELINE, "pipeline")
    options = {each.name for each in calls(found["options"], OPTIONS, "options")} if "options" in found else set()
    if "parameters" in found:
        _parameters(build, found["parameters"])
    build.mark("node")
    build.console.say(f"Running on this machine in {build.workspace}")
    build.mark("{")
    if "skipDefaultCheckout" not in options:
        starts()
    with build.within({}):
        _guarded(build, lambda: _inside(build, found))
    build.mark("}")
    build.mark("// node")


def _parameters(build: Build, section: Call) -> None:
    for each in calls(section, PARAMETERS, "parameters"):
        name, default = text(build.value(each.named["name"])), each.named.get("defaultValue")
        value = build.value(default) if default is not None else ""
        build.params.setdefault(name, value)
        build.layers[0].setdefault(name, text(build.params[name]))


def _inside(build: Build, found: dict[str, Call]) -> None:
    if "environment" in found:
        _environment(build, found["environment"])
    try:
        for stage in calls(found["stages"], ("stage",), "stages"):
            _stage(build, stage)
    finally:
        _post(build, found.get("post"))


def _guarded(build: Build, act: Callable[[], None]) -> bool:
    """Do something; a failure is told, and makes the build fail. Whether it went well."""
    try:
        act()
    except (StepFailed, ToolMissing) as failure:
        build.console.say(f"ERROR: {failure}")
        build.worse(FAILURE)
        return False
    return True


def _environment(build: Build, section: Call) -> None:
    """NAME = value, and NAME = credentials('id'). Source: Jenkins handbook, handling credentials."""
    build.mark("withEnv")
    for each in body(section):
        assert isinstance(each, Assign) and isinstance(each.target, Name)
        name, value = each.target.name, each.value
        if isinstance(value, Call) and _is_credentials(value):
            found = build.credential(text(build.value(value.given[0])))
            build.layers[-1] |= {
                name: f"{found.user}:{found.secret}", f"{name}_USR": found.user, f"{name}_PSW": found.secret
            }  # fmt: skip
        else:
            build.layers[-1][name] = text(build.value(value))


def _stage(build: Build, stage: Call) -> None:
    found, name = sections(stage, STAGE, "stage"), text(build.value(stage.given[0]))
    build.mark("stage")
    build.mark(f"{{ ({name})")
    if build.result == FAILURE:
        build.console.say(f'Stage "{name}" skipped due to earlier failure(s)')
    elif "when" in found and not _when(build, found["when"], all):
        build.console.say(f'Stage "{name}" skipped due to when conditional')
    else:
        with build.within({"STAGE_NAME": name}):
            _guarded(build, lambda: _stage_inside(build, found))
    build.mark("}")
    build.mark("// stage")


def _stage_inside(build: Build, found: dict[str, Call]) -> None:
    if "environment" in found:
        _environment(build, found["environment"])
    try:
        if "steps" in found:
            build.run(body(found["steps"]))
        for each in calls(found["stages"], ("stage",), "stages") if "stages" in found else ():
            _stage(build, each)
    except (StepFailed, ToolMissing):
        build.worse(FAILURE)
        raise
    finally:
        _post(build, found.get("post"))


def _when(build: Build, when: Call, how: Callable[[Iterable[bool]], bool]) -> bool:
    return how(_holds(build, each) for each in calls(when, WHEN, "when"))


def _holds(build: Build, each: Call) -> bool:
    if each.name == "branch":
        return fnmatchcase(build.environment()["BRANCH_NAME"], text(build.value(each.given[0])))
    if each.name == "environment":
        name, value = (text(build.value(each.named[part])) for part in ("name", "value"))
        return build.environment().get(name) == value
    if each.name == "expression":
        return truth(build.run(body(each)))
    inner = {"not": lambda values: not all(values), "allOf": all, "anyOf": any}
    return _when(build, each, inner[each.name])


def _post(build: Build, post: Call | None) -> None:
    if post is None:
        return
    fits = {"always": True, "success": build.result == SUCCESS, "failure": build.result == FAILURE}
    fits |= {"unstable": build.result == UNSTABLE, "cleanup": True}
    found = {each.name: each for each in calls(post, POST, "post")}
    for name in POST:
        if name in found and fits[name]:
            _guarded(build, lambda section=found[name]: build.run(body(section)))  # type: ignore[misc]
