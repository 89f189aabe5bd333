"""A pipeline of Azure Pipelines as it will be run: read and checked whole before anything runs.

Source: YAML schema reference (2025): pipeline, stages, jobs, steps.
"""

from typing import Any, NamedTuple

from acrlab.pipelines.azure import document
from acrlab.pipelines.azure.document import Block, Listing, Text
from acrlab.pipelines.refusals import PipelineRefused, not_in_subset

PIPELINE = ("name", "trigger", "pr", "pool", "resources", "variables", "parameters", "stages", "jobs", "steps")
STAGE = ("stage", "displayName", "dependsOn", "condition", "variables", "pool", "jobs")
JOB = (
    "job", "displayName", "dependsOn", "condition", "pool", "variables", "steps", "timeoutInMinutes", "continueOnError"
)  # fmt: skip
COMMON = (
    "displayName", "name", "condition", "continueOnError", "enabled", "env", "timeoutInMinutes",
    "retryCountOnTaskFailure",
)  # fmt: skip
SCRIPT = (*COMMON, "workingDirectory", "failOnStderr")
POOL = ("vmImage", "name")
KINDS = {"task": (*COMMON, "inputs"), "script": SCRIPT, "bash": SCRIPT, "checkout": (*COMMON, "clean", "fetchDepth")}
OTHER_KINDS = (
    "pwsh", "powershell", "publish", "download", "downloadBuild", "getPackage", "upload", "template", "reviewApp",
)  # fmt: skip
HOUR = 60  # minutes a job may take. Source: job timeouts, 60 minutes by default


class Branches(NamedTuple):
    """Which branches start a run, and which paths have to be touched."""

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    but_paths: tuple[str, ...] = ()
    off: bool = False


class Step(NamedTuple):
    """One step: its kind, what it runs, and how. Texts hold their macros still."""

    kind: str  # task | script | bash | checkout
    value: Text
    inputs: dict[str, Text]
    line: int
    title: str = ""
    name: str = ""
    condition: str = ""
    proceed: bool = False
    enabled: bool = True
    env: dict[str, str] = {}  # noqa: RUF012
    minutes: int = 0
    retries: int = 0
    folder: str = ""
    depth: int = 0


class Job(NamedTuple):
    """Steps on one agent."""

    name: str
    title: str
    after: tuple[str, ...]
    condition: str
    variables: dict[str, str]
    steps: tuple[Step, ...]
    minutes: int
    proceed: bool
    line: int


class Stage(NamedTuple):
    """Jobs, after those of other stages. `after` is None for the stage before."""

    name: str
    title: str
    after: tuple[str, ...] | None
    condition: str
    variables: dict[str, str]
    jobs: tuple[Job, ...]
    line: int


class Pipeline(NamedTuple):
    """All of it."""

    name: str
    trigger: Branches
    pr: Branches
    variables: dict[str, str]
    stages: tuple[Stage, ...]


def pipeline(text: str) -> Pipeline:
    """Read a file. Raises: PipelineRefused."""
    found = document.read(text)
    document.known(found, PIPELINE, "a pipeline")
    if "parameters" in found:
        raise not_in_subset("`parameters`", found.key("parameters").line)
    for each in document.listing(found.get("resources", Listing()), "resources"):
        if not isinstance(each, Block) or each != {"repo": "self"}:
            raise not_in_subset("a resource other than `repo: self`", getattr(each, "line", 0))
    _pool(found)
    return Pipeline(
        str(found.get("name", "")), _branches(found.get("trigger"), "trigger"), _branches(found.get("pr"), "pr"),
        variables(found.get("variables")), _stages(found),
    )  # fmt: skip


def _pool(found: Block) -> None:
    pool = found.get("pool")
    if isinstance(pool, Block):
        document.known(pool, POOL, "a pool")
        image = pool.get("vmImage", Text("", pool.line))
        if "windows" in str(image).lower():
            raise not_in_subset(f"an agent of {image}", image.line)


def _branches(value: Any, what: str) -> Branches:
    if value is None:
        return Branches()
    if isinstance(value, Text):
        if value != "none":
            raise PipelineRefused(f"{what} is none, a list of branches, or a mapping", value.line)
        return Branches(off=True)
    if isinstance(value, Listing):
        return Branches(include=tuple(document.texts(value, what)))
    found = document.block(value, what)
    document.known(found, ("branches", "paths"), what)
    branches, paths = (_sides(found.get(name), f"{name} of {what}") for name in ("branches", "paths"))
    return Branches(branches[0] or ("*",), branches[1], *paths)


def _sides(value: Any, what: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if value is None:
        return (), ()
    if isinstance(value, Listing):
        return tuple(document.texts(value, what)), ()
    found = document.block(value, what)
    document.known(found, ("include", "exclude"), what)
    include, exclude = (tuple(document.texts(found.get(name, Listing()), what)) for name in ("include", "exclude"))
    return include, exclude


def variables(value: Any) -> dict[str, str]:
    """Variables by name. Raises: PipelineRefused."""
    if value is None:
        return {}
    if isinstance(value, Block):
        return {str(name): str(document.text(each, f"variable {name}")) for name, each in value.items()}
    found: dict[str, str] = {}
    for each in document.listing(value, "variables"):
        row = document.block(each, "a variable")
        document.known(row, ("name", "value"), "a variable")
        if "name" not in row or "value" not in row:
            raise PipelineRefused("a variable has a name and a value", row.line)
        found[str(row["name"])] = str(document.text(row["value"], "the value of a variable"))
    return found


def _stages(found: Block) -> tuple[Stage, ...]:
    given = [name for name in ("stages", "jobs", "steps") if name in found]
    if len(given) != 1:
        raise PipelineRefused("a pipeline has either stages, jobs, or steps", found.line)
    if given == ["stages"]:
        rows = document.listing(found["stages"], "stages")
        stages = tuple(_stage(document.block(each, "a stage"), place) for place, each in enumerate(rows, 1))
        return _unique(stages, "stage")
    return (Stage("__default", "", (), "", {}, _jobs(found), found.line),)


def _stage(found: Block, place: int) -> Stage:
    document.known(found, STAGE, "a stage")
    _pool(found)
    if "stage" not in found or "jobs" not in found:
        raise PipelineRefused("a stage has a name and jobs", found.line)
    after = tuple(map(str, document.texts(found["dependsOn"], "dependsOn"))) if "dependsOn" in found else None
    name = str(document.text(found["stage"], "stage")) or f"Stage{place}"
    return Stage(
        name, str(found.get("displayName", name)), after, str(found.get("condition", "")),
        variables(found.get("variables")), _jobs(found), found.line,
    )  # fmt: skip


def _jobs(found: Block) -> tuple[Job, ...]:
    if "steps" in found:
        return (Job("Job", "Job", (), "", {}, _steps(found["steps"]), HOUR, False, found.line),)
    rows = document.listing(found["jobs"], "jobs")
    return _unique(tuple(_job(document.block(each, "a job"), place) for place, each in enumerate(rows, 1)), "job")


def _job(found: Block, place: int) -> Job:
    document.known(found, JOB, "a job")
    _pool(found)
    if "steps" not in found or "job" not in found:
        raise PipelineRefused("a job has a name and steps", found.line)
    name = str(document.text(found["job"], "job")) or f"Job{place}"
    minutes = document.number(found["timeoutInMinutes"], "timeoutInMinutes") if "timeoutInMinutes" in found else HOUR
    proceed = "continueOnError" in found and document.truth(found["continueOnError"], "continueOnError")
    after = document.texts(found.get("dependsOn", Listing()), "dependsOn")
    return Job(
        name, str(found.get("displayName", name)), tuple(map(str, after)),
        str(found.get("condition", "")), variables(found.get("variables")), _steps(found["steps"]), minutes, proceed,
        found.line,
    )  # fmt: skip


def _unique(rows: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    seen: set[str] = set()
    for each in rows:
        for before in each.after or ():
            if before not in seen:
                raise PipelineRefused(f"{what} {each.name} depends on {before}, which is not above it", each.line)
        if each.name in seen:
            raise PipelineRefused(f"there are two {what}s {each.name}", each.line)
        seen.add(each.name)
    return rows


def _steps(value: Any) -> tuple[Step, ...]:
    return tuple(_step(document.block(each, "a step")) for each in document.listing(value, "steps"))


def _step(found: Block) -> Step:
    kinds = [name for name in KINDS if name in found]
    if not kinds:
        other = next((each for each in found if each in OTHER_KINDS), None)
        key = other or next(iter(found), "")
        raise not_in_subset(f"the step `{key}`", found.key(key).line if key else found.line)
    kind = kinds[0]
    document.known(found, (kind, *KINDS[kind]), f"a {kind} step")
    inputs = document.block(found["inputs"], "inputs") if "inputs" in found else Block()
    env = document.block(found["env"], "env") if "env" in found else Block()
    value = document.text(found[kind], kind)
    if _flag(found, "failOnStderr", False):
        raise not_in_subset("`failOnStderr: true`", found.key("failOnStderr").line)
    return Step(
        kind, value, {str(key).lower(): document.text(each, f"input {key}") for key, each in inputs.items()},
        found.key(kind).line, str(found.get("displayName", "")), str(found.get("name", "")),
        str(found.get("condition", "")), _flag(found, "continueOnError", False), _flag(found, "enabled", True),
        {str(key): str(document.text(each, f"env {key}")) for key, each in env.items()},
        _count(found, "timeoutInMinutes"), _count(found, "retryCountOnTaskFailure"),
        str(found.get("workingDirectory", "")), _count(found, "fetchDepth"),
    )  # fmt: skip


def _flag(found: Block, name: str, default: bool) -> bool:
    return document.truth(found[name], name) if name in found else default


def _count(found: Block, name: str) -> int:
    return document.number(found[name], name) if name in found else 0
