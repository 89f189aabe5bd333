"""Which questions a quiz is drawn from: a pack's, a topic's, or all."""

from acrlab.trainer import blueprint as blueprints
from acrlab.trainer.bank import Bank
from acrlab.trainer.question import Question


class TopicUnknown(Exception):
    """No question is about it. The text names the topics there are."""


def drawn(bank: Bank, topic: str = "", pack: str = "") -> list[Question]:
    """The questions of a pack, about a topic or an objective. Raises: PackUnknown, TopicUnknown."""
    found = blueprints.load(pack).questions_of(bank) if pack else list(bank)
    if topic:
        found = [each for each in found if topic in (each.topic, *each.objectives)]
    if not found:
        raise TopicUnknown(f"there are no questions about {topic or pack}: use one of {', '.join(bank.topics())}")
    return found
