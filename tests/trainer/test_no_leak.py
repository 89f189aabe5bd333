"""No answer leaves the engine before it is submitted: not in pages, not in kept exams, not in what practice offers."""

import msgspec

from acrlab.trainer import blueprint, exam, paper
from acrlab.trainer.bank import Bank
from acrlab.trainer.instance import Field, Line, Page
from acrlab.trainer.ledger import Ledger
from acrlab.trainer.practice import Practice


def _reasons(bank: Bank, question: str, seed: int) -> list[str]:
    variant = bank.instance(question, seed)
    return [text for part in variant.parts for text in (part.because, *(each.because for each in part.options)) if text]


def test_what_is_shown_has_no_place_for_a_key() -> None:
    fields = {name for struct in (Page, Field, Line) for name in struct.__struct_fields__}
    assert not fields & {"right", "because", "place", "oracle", "answer", "show", "hint", "index"}


def test_no_page_holds_a_reason_or_a_command(bank: Bank) -> None:
    for question in bank:
        for seed in range(3):
            text = msgspec.json.encode(bank.instance(question.id, seed).page()).decode()
            assert '"right"' not in text and '"because"' not in text
            for reason in _reasons(bank, question.id, seed):
                assert reason not in msgspec.json.decode(text).values() and reason not in text, question.id
            if question.kind == "fill":
                for option in bank.instance(question.id, seed).parts[0].options:
                    assert option.say not in text


def test_the_order_of_the_choices_says_nothing(bank: Bank) -> None:
    """The right choice stands at every place, over the seeds."""
    for question in bank:
        part = question.parts[0]
        if question.kind in ("single", "hot"):
            places = set()
            for seed in range(80):
                options = bank.instance(question.id, seed).parts[0].options
                places.add(next(index for index, each in enumerate(options) if each.right))
            assert places == set(range(len(part.choices))), question.id
        if question.kind == "order":
            orders = {
                tuple(each.place for each in bank.instance(question.id, seed).parts[0].options) for seed in range(80)
            }
            assert len(orders) > 4


def test_a_kept_exam_holds_ids_and_the_candidates_own_answers(bank: Bank) -> None:
    drawn = paper.compose(bank, blueprint.load("ai-200"), seed=3, today="2026-11-23")
    kept = exam.dumps(exam.begin(drawn, 0)).decode()
    for section in drawn.sections:
        for item in section.items:
            for reason in _reasons(bank, item.question, item.seed):
                assert reason not in kept
            for part in bank.instance(item.question, item.seed).parts:
                assert not any(option.say in kept for option in part.options if len(option.say) > 12)


def test_what_is_seen_in_an_exam_holds_no_key(bank: Bank) -> None:
    sitting = exam.begin(paper.compose(bank, blueprint.load("ai-200"), seed=3, today="2026-11-23"), 0)
    while sitting.state == exam.OPEN:
        item = sitting.here.items[sitting.item]
        seen = msgspec.json.encode(exam.view(sitting, bank, 1)).decode()
        assert not any(reason in seen for reason in _reasons(bank, item.question, item.seed))
        try:
            sitting = exam.forward(sitting, 1)
        except exam.NotAllowed:
            sitting = exam.finish_section(sitting, 1)


def test_practice_offers_no_key_and_notes_none(bank: Bank) -> None:
    made = Practice(bank, Ledger())
    offer = made.next(1.8e9)
    assert offer is not None
    text = msgspec.json.encode(offer).decode()
    variant = made.variant(offer.page.question)
    assert not any(reason in text for reason in _reasons(bank, variant.question.id, variant.seed))
    made.answer(offer.page.question, {}, 1.8e9, confidence=0.5, seconds=3)
    kept = made.ledger.path.read_text("utf-8")
    assert not any(reason in kept for reason in _reasons(bank, variant.question.id, variant.seed))
