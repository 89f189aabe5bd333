"""What a learner looks at in a notebook: `ui.quiz()`, `ui.exam()`, `ui.progress()`, `ui.task()`, `ui.follow()`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acrlab.client.cloud import Cloud
    from acrlab.client.tasks import Run, Tasks
    from acrlab.ui.panel import Panel
    from acrlab.ui.run_history import History
    from acrlab.ui.standing import Standing
    from acrlab.ui.task_graph import TaskGraph
    from acrlab.ui.trigger_timeline import Timeline

__all__ = ["exam", "follow", "history", "progress", "quiz", "task", "triggers"]


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
