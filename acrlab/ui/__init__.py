"""What a learner looks at in a notebook: quizzes, exams, tasks, runs, and a registry's tier, people and storage."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acrlab.client.cloud import Cloud
    from acrlab.client.registry import Registry
    from acrlab.client.tasks import Run, Tasks
    from acrlab.ui.cost_plot import CostPlot
    from acrlab.ui.panel import Look, Panel
    from acrlab.ui.run_history import History
    from acrlab.ui.standing import Standing
    from acrlab.ui.task_graph import TaskGraph
    from acrlab.ui.trigger_timeline import Timeline

__all__ = ["access", "costs", "exam", "follow", "history", "progress", "quiz", "storage", "task", "tier", "triggers"]


def quiz(topic: str = "", count: int = 10, seed: int = 0, pack: str = "") -> "Panel":
    """Practise here: as `acrlab quiz` in a terminal. Raises: TopicUnknown, PackUnknown."""
    from acrlab.ui.panel import Panel
    from acrlab.ui.quiz_face import Quiz

    return Panel(Quiz(topic, count, seed, pack))


def exam(
    pack: str = "ai-200", questions: int = 0, minutes: float = 0, extra_time: float = 1.0, seed: int = 0
) -> "Panel":
    """Sit an exam here, or go on with the one that was left: as `acrlab exam` in a terminal. Raises: PackUnknown."""
    from acrlab.ui.exam_face import Exam
    from acrlab.ui.panel import Panel

    return Panel(Exam(pack, questions, minutes, extra_time, seed))


def progress() -> "Standing":
    """Where you stand: labs, practice, exams, and what comes next."""
    from acrlab.ui.standing import standing

    return standing()


def task(text: str, run: "Run | None" = None) -> "TaskGraph":
    """The steps of a task file as a graph, and what a run made of each. Raises: YamlInvalid, TaskInvalid."""
    from acrlab.ui.task_graph import drawn

    return drawn(text, run)


def follow(run: "Run", text: str) -> "Run":
    """The graph of a run with its log beside it, as it goes; the run at its end. Raises: YamlInvalid, TaskInvalid.

    Hand it in without waiting: `ui.follow(registry.run(text, wait=False), text)`.
    """
    from IPython.display import display

    from acrlab.ui.task_graph import drawn, followed

    place = display(drawn(text), display_id=True)
    found = run
    for now, graph in followed(run, text):
        found = now
        place.update(graph)
    return found


def triggers(cloud: "Cloud", task: str = "") -> "Timeline":
    """What became of the triggers of all tasks, or of one, on a time axis. Raises: EmulatorOnly."""
    from acrlab.ui.trigger_timeline import timeline

    return timeline(cloud, task)


def history(tasks: "Tasks", task: str = "") -> "History":
    """The runs of a registry, or of one task, with how long each waited and took: `ui.history(registry.tasks)`."""
    from acrlab.ui.run_history import History

    return History(tasks.runs(task))


def tier(cloud: "Cloud", registry: "Registry", edition: str = "") -> "Look":
    """What a registry uses of its tier, what another tier would give, and what each costs.

    `edition` names the facts, `current-2026` or `exam-classic`; left open, those that the cloud works by.
    Raises: azure.core.exceptions; KeyError for a profile that does not exist.
    """
    from acrlab.ui.metering import edition_of, reading
    from acrlab.ui.panel import Look
    from acrlab.ui.tier_meter import TierMeter

    return Look(TierMeter(lambda facts: reading(cloud, registry, facts), edition or edition_of(cloud)))


def costs(most: str | int = "1 TiB", regions: "Sequence[int]" = (1, 2, 3), edition: str = "current-2026") -> "CostPlot":
    """What a month costs in each tier, against what is stored and in how many regions.

    Raises: ValueError for an amount that is none, or nothing; KeyError for a profile that does not exist.
    """
    from acrlab.domain import amounts
    from acrlab.domain.tiers import profile
    from acrlab.ui.cost_plot import CostPlot

    size = amounts.stored(most)
    if size <= 0 or not regions or min(regions) < 1:
        raise ValueError("a plot goes up to an amount above nothing, for one region or more")
    return CostPlot(profile(edition), size, regions)


def access(
    cloud: "Cloud", registry: "Registry", repository: str = "", who: "Sequence[str]" = (), place: str = ""
) -> "Look":  # fmt: skip
    """Who may do what at a registry, and why: the emulator's own verdicts, without anything being done.

    `who` names those to be shown, left open everybody; `place` is where they would stand: an address, or
    network/subnet. Raises: EmulatorOnly, ControlRefused.
    """
    from acrlab.ui.access_explorer import AccessExplorer
    from acrlab.ui.panel import Look

    powers = cloud.emulator
    return Look(AccessExplorer(lambda about: powers.access(registry.name, about, place), repository, who))


def storage(*registries: "Registry") -> "Look":
    """What registries store, which of it is shared, and what deleting something would free."""
    from acrlab.ui.holdings import holding
    from acrlab.ui.panel import Look
    from acrlab.ui.storage_map import StorageMap

    return Look(StorageMap(lambda: tuple(map(holding, registries))))
