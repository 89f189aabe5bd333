"""A run of Azure Pipelines: stages, jobs and steps in their order, and the log of it."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from acrlab.pipelines.azure import expressions, tasks
from acrlab.pipelines.azure.document import Text
from acrlab.pipelines.azure.expressions import State
from acrlab.pipelines.azure.job import JobRun
from acrlab.pipelines.azure.model import Job, Pipeline, Stage, Step
from acrlab.pipelines.azure.tasks import Told
from acrlab.pipelines.azure.variables import Variables, compiled, folders
from acrlab.pipelines.connections import Connections
from acrlab.pipelines.console import Console
from acrlab.pipelines.machine import Machine
from acrlab.pipelines.refusals import PipelineRefused, StepFailed, ToolMissing, not_in_subset
from acrlab.pipelines.source import Checkout

LINE = "=" * 78
SUCCEEDED, ISSUES, FAILED, SKIPPED = "Succeeded", "SucceededWithIssues", "Failed", "Skipped"


# Source: recorded in many public logs of Azure Pipelines (2019-2025); the last sentence is acrlab's.
UNKNOWN_CONNECTION = (
    'There was a resource authorization issue: "The pipeline is not valid. Job {job}: Step input {name} references '
    "service connection {wanted} which could not be found. The service connection does not exist, has been disabled or "
    "has not been authorized for use. For authorization details, refer to https://aka.ms/yamlauthz.\" "
    'To make it: acrlab pipeline connect "{wanted}" --registry NAME'
)


class Run:
    """One run of a pipeline."""

    def __init__(
        self, pipeline: Pipeline, machine: Machine, console: Console, checkout: Checkout, base: Mapping[str, str],
        connections: Connections,
    ) -> None:  # fmt: skip
        self._pipeline, self._machine, self._console = pipeline, machine, console
        self._checkout, self._connections = checkout, connections
        self._base = Variables(pipeline.variables, base)
        self._results: dict[str, str] = {}

    def check(self) -> None:
        """Everything that can be known before it runs. Raises: PipelineRefused."""
        for stage in self._pipeline.stages:
            for job in stage.jobs:
                scope = self._base.within(stage.variables, job.variables, folders(Path()))
                for value in (*self._pipeline.variables.values(), *stage.variables.values(), *job.variables.values()):
                    compiled(value, scope.all(), job.line)
                for condition, line in ((stage.condition, stage.line), (job.condition, job.line)):
                    expressions.holds(condition, State(scope.known()), line)
                for step in job.steps:
                    self._check_step(job, step, scope)

    def _check_step(self, job: Job, step: Step, scope: Variables) -> None:
        expressions.holds(step.condition, State(scope.known()), step.line)
        texts = (step.value, *step.inputs.values(), *step.env.values())
        for each in texts:
            compiled(each, scope.all(), step.line)
        if step.kind == "checkout":
            if step.value not in ("self", "none"):
                raise not_in_subset(f"checkout of {step.value}", step.line)
            return
        task = tasks.task(step)
        for name in task.connections:
            wanted = scope.expanded(compiled(step.inputs.get(name, ""), scope.all(), step.line))
            if wanted and not wanted.startswith("$(") and self._connections.find(wanted) is None:
                raise PipelineRefused(UNKNOWN_CONNECTION.format(job=job.name, name=name, wanted=wanted), step.line)

    def execute(self) -> str:
        """Run it; how it ended."""
        before = ""
        for stage in self._pipeline.stages:
            after = stage.after if stage.after is not None else ((before,) if before else ())
            self._results[stage.name] = self._stage(stage, [self._results[each] for each in after])
            before = stage.name
        found = set(self._results.values())
        return FAILED if FAILED in found else ISSUES if ISSUES in found else SUCCEEDED

    def _stage(self, stage: Stage, before: list[str]) -> str:
        variables = self._base.within(stage.variables)
        if not self._holds(stage.condition, variables, before, stage.line):
            self._console.say(f"##[section]Skipping stage: {stage.title}")
            return SKIPPED
        if stage.title:
            self._console.say(f"##[section]Starting stage: {stage.title}")
        results: dict[str, str] = {}
        for job in stage.jobs:
            results[job.name] = self._job(job, variables, [results[each] for each in job.after])
        found = set(results.values())
        return FAILED if FAILED in found else ISSUES if ISSUES in found else SUCCEEDED

    def _holds(self, condition: str, variables: Variables, before: list[str], line: int) -> bool:
        failed = any(each in (FAILED, SKIPPED) for each in before)
        return expressions.holds(condition, State(variables.known(), failed), line)

    def _job(self, job: Job, outer: Variables, before: list[str]) -> str:
        root = self._machine.folder / "work" / str(len(list(self._machine.folder.glob("work/*"))) + 1)
        variables = outer.within(job.variables, folders(root))
        if not self._holds(job.condition, variables, before, job.line):
            self._console.say(f"##[section]Skipping job: {job.title}")
            return SKIPPED
        run = JobRun(self._machine, self._console, root, self._checkout, variables, self._connections)
        self._console.say(f"##[section]Starting: {job.title}", f"Agent: this machine, {self._machine.folder}")
        checkout = [step for step in job.steps if step.kind == "checkout"]
        steps = job.steps if checkout else (_CHECKOUT, *job.steps)
        for step in steps:
            self._step(run, job, step)
        self._console.say(f"##[section]Finishing: {job.title}")
        shutil.rmtree(root, ignore_errors=True)
        if run.failed and not job.proceed:
            return FAILED
        return ISSUES if run.failed or run.issues else SUCCEEDED

    def _step(self, run: JobRun, job: Job, step: Step) -> None:
        state = State(run.variables.known(), run.failed, run.issues)
        if not step.enabled or not expressions.holds(step.condition, state, step.line):
            self._console.say(f"##[section]Skipping: {run.variables.expanded(step.title) or _title(step)}")
            return
        title = run.variables.expanded(step.title) or _title(step)
        self._console.say(f"##[section]Starting: {title}")
        try:
            self._attempts(run, job, step)
        except (StepFailed, ToolMissing) as failure:
            kind = "warning" if step.proceed else "error"
            self._console.say(f"##[{kind}]{failure}")
            run.issues = True
            run.failed = run.failed or not step.proceed
            run.variables.set("Agent.JobStatus", FAILED if run.failed else ISSUES)
        self._console.say(f"##[section]Finishing: {title}")

    def _attempts(self, run: JobRun, job: Job, step: Step) -> None:
        for left in range(step.retries, -1, -1):
            try:
                self._once(run, job, step)
                return
            except StepFailed as failure:
                if not left:
                    raise
                again = f"##[warning]RetryHelper encountered task failure, will retry (attempts left: {left})"
                self._console.say(f"##[warning]{failure}", again)

    def _once(self, run: JobRun, job: Job, step: Step) -> None:
        """Raises: StepFailed, ToolMissing."""
        run.completed, run.step_name = "", step.name
        if step.kind == "checkout":
            _checkout(run, step)
            return
        task = tasks.task(step)
        rows = (
            ("Task", task.title), ("Description", task.description), ("Version", f"{task.version}.x"),
            ("Author", "acrlab"), ("Help", task.help),
        )  # fmt: skip
        self._console.say(LINE, *(f"{name:<13}: {value}" for name, value in rows), LINE)
        task.run(run, _told(run, job, step))
        if run.completed == FAILED:
            raise StepFailed("the step said task.complete result=Failed")


_CHECKOUT = Step("checkout", Text("self", 0), {}, 0)


def _title(step: Step) -> str:
    names = {"checkout": "Checkout", "script": "CmdLine", "bash": "Bash"}
    return names.get(step.kind) or step.value.partition("@")[0]


def _checkout(run: JobRun, step: Step) -> None:
    if step.value == "none":
        return
    run.console.say(f"Syncing repository: {run.checkout.name} ({'Git' if run.checkout.git else 'a folder'})")
    run.checkout.into(run.machine, run.sources, step.depth)
    at = f"HEAD is now at {run.checkout.commit[:7]}" if run.checkout.git else f"copied {run.checkout.folder}"
    run.console.say(at)


def _told(run: JobRun, job: Job, step: Step) -> Told:
    every = run.variables.all()

    def text(given: str) -> str:
        return run.variables.expanded(compiled(given, every, step.line))

    inputs = {name: text(value) for name, value in step.inputs.items()}
    inputs.setdefault("tags", text(tasks.BUILD_ID))
    if step.kind != "task":
        inputs["script"] = text(step.value)
    folder = run.within(text(step.folder) or inputs.get("workingdirectory", ""))
    minutes = min(filter(None, (step.minutes, job.minutes)), default=0)
    return Told(inputs, {name: text(value) for name, value in step.env.items()}, folder, minutes * 60.0)
