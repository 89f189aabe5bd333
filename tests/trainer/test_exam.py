"""The rules of the exam, each as a test. The time is an argument, so nothing waits."""

import msgspec
import pytest

from acrlab.trainer import blueprint, exam, paper, score
from acrlab.trainer.bank import Bank
from acrlab.trainer.bench import Bench
from acrlab.trainer.exam import NotAllowed, Sitting
from acrlab.trainer.paper import Paper
from tests.trainer.answers import right, wrong

TODAY = "2026-11-23"


@pytest.fixture(scope="module")
def drawn(bank: Bank) -> Paper:
    return paper.compose(bank, blueprint.load("ai-200"), seed=5, today=TODAY, questions=32)


@pytest.fixture
def sitting(drawn: Paper) -> Sitting:
    return exam.begin(drawn, 0.0)


def _in_section(sitting: Sitting, kind: str) -> Sitting:
    while sitting.here.kind != kind:
        sitting = exam.finish_section(sitting, 1)
    return sitting


def _answer(sitting: Sitting, bank: Bank, good: bool, now: float = 1) -> Sitting:
    item = sitting.here.items[sitting.item]
    variant = bank.instance(item.question, item.seed)
    given = right(variant) if good else wrong(variant)
    chosen = {key: tuple(each) for key, each in given.items() if item.part in ("", key)}
    return exam.answer(sitting, bank, chosen, now)


def _whole(drawn: Paper, bank: Bank, good: bool) -> Sitting:
    now = exam.begin(drawn, 0.0)
    while now.state == exam.OPEN:
        if now.here.kind != paper.LAB:
            now = _answer(now, bank, good)
        try:
            now = exam.forward(now, 2)
        except NotAllowed:
            now = exam.finish_section(now, 2)
    return now


def test_a_paper_has_its_sections_and_repeats(drawn: Paper, bank: Bank) -> None:
    assert [each.kind for each in drawn.sections] == [paper.GENERAL, paper.SERIES, paper.CASE, paper.LAB]
    again = paper.compose(bank, blueprint.load("ai-200"), seed=5, today=TODAY, questions=32)
    other = paper.compose(bank, blueprint.load("ai-200"), seed=6, today=TODAY, questions=32)
    assert drawn == again != other
    asked = [(item.question, item.part) for section in drawn.sections for item in section.items]
    assert len(asked) == len(set(asked)) and len({question for question, _ in asked}) == 32


@pytest.mark.parametrize(("factor", "minutes"), [(1.0, 120.0), (1.25, 150.0), (1.5, 180.0), (2.0, 240.0)])
def test_extra_time(factor: float, minutes: float, bank: Bank) -> None:
    made = paper.compose(bank, blueprint.load("ai-200"), seed=1, today=TODAY, extra_time=factor)
    assert made.minutes == minutes
    with pytest.raises(ValueError, match="extra time is a factor"):
        paper.compose(bank, blueprint.load("ai-200"), seed=1, today=TODAY, extra_time=0.5)


def test_the_time_ends_it(sitting: Sitting, bank: Bank) -> None:
    last = sitting.deadline
    assert exam.view(sitting, bank, last - 1).remaining == 1
    answered = _answer(sitting, bank, True, last - 0.5)
    for act in (lambda: exam.forward(answered, last), lambda: exam.submit(answered, last)):
        with pytest.raises(NotAllowed, match="the time is up"):
            act()
    over = exam.timed(exam.pause(answered, last - 0.2), last + 99)
    assert (over.state, over.ended, over.reason) == (exam.OVER, last, "time")
    assert score.report(over, bank, blueprint.load("ai-200"), TODAY).points > 0


def test_a_section_cannot_be_entered_again(sitting: Sitting) -> None:
    later = exam.finish_section(sitting, 1)
    assert later.section == 1
    with pytest.raises(NotAllowed):
        exam.back(later, 2)
    assert not hasattr(exam, "open_section")


def test_inside_a_section_one_goes_back_and_forth_and_flags(sitting: Sitting, bank: Bank) -> None:
    here = exam.flag(exam.go(sitting, 3, 1), 1)
    here = exam.back(here, 2)
    rows = exam.view(here, bank, 3).review
    assert [row.number for row in rows if row.flagged] == [3] and here.item == 1
    assert not any(row.flagged for row in exam.view(exam.flag(exam.go(here, 3, 4), 4), bank, 5).review)
    with pytest.raises(NotAllowed, match="pages 1 to"):
        exam.go(here, 99, 5)


def test_an_answer_can_be_changed_and_taken_back(sitting: Sitting, bank: Bank) -> None:
    here = _answer(_answer(sitting, bank, True), bank, False)
    assert exam.view(here, bank, 2).given == here.answers["0.0"]
    assert exam.answer(here, bank, {}, 3).answers == {}
    with pytest.raises(NotAllowed, match="there is no part 9"):
        exam.answer(here, bank, {"9": ("a",)}, 3)
    with pytest.raises(NotAllowed, match="none of the choices"):
        exam.answer(_choice_page(sitting, bank), bank, {"1": ("zz",)}, 3)


def _choice_page(sitting: Sitting, bank: Bank) -> Sitting:
    numbers = [
        index for index, item in enumerate(sitting.here.items, 1) if bank.questions[item.question].kind == "single"
    ]
    return exam.go(sitting, numbers[0], 1)


def test_a_series_is_never_returned_to(sitting: Sitting, bank: Bank) -> None:
    here = _in_section(sitting, paper.SERIES)
    assert exam.view(here, bank, 1).review == () and not exam.view(here, bank, 1).back
    onward = exam.forward(here, 2)
    for act in (lambda: exam.back(onward, 3), lambda: exam.go(onward, 1, 3), lambda: exam.flag(onward, 3)):
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(NotAllowed, match="one after the other"):
        exam.go(here, 3, 3)


def test_a_series_page_shows_one_solution(sitting: Sitting, bank: Bank) -> None:
    found = exam.view(_in_section(sitting, paper.SERIES), bank, 1).page
    assert found is not None and len(found.fields) == 1 and found.points == 1


def test_a_case_study_shows_its_pages(sitting: Sitting, bank: Bank) -> None:
    found = exam.view(_in_section(sitting, paper.CASE), bank, 1).page
    told = {each.title for each in bank.scenarios.values()}
    assert found is not None and len(found.tabs) == 3 and found.case in told


def test_after_a_break_what_was_seen_is_locked_while_the_clock_runs(sitting: Sitting, bank: Bank) -> None:
    here = exam.pause(exam.forward(_answer(sitting, bank, True), 2), 10)
    assert exam.view(here, bank, 20).page is None
    with pytest.raises(NotAllowed, match="in a break"):
        exam.forward(here, 30)
    back = exam.resume(here, 600)
    assert back.item == 2 and exam.view(back, bank, 600).remaining == sitting.deadline - 600
    for number in (1, 2):
        with pytest.raises(NotAllowed, match="locked"):
            exam.go(back, number, 601)
    with pytest.raises(NotAllowed, match="no page before"):
        exam.back(back, 601)
    assert "0.0" in back.answers


def test_a_break_after_the_last_page_closes_the_section(drawn: Paper) -> None:
    here = exam.begin(drawn, 0)
    for number in range(1, len(drawn.sections[0].items) + 1):
        here = exam.go(here, number, 1)
    assert exam.resume(exam.pause(here, 2), 3).section == 1


def test_a_lab_is_graded_on_the_registry(sitting: Sitting, bank: Bank, bench: Bench) -> None:
    from acrlab.trainer import oracle, steps

    here = _in_section(sitting, paper.LAB)
    with pytest.raises(NotAllowed, match="graded on your registry"):
        exam.answer(here, bank, {"1": ("passed",)}, 2)
    item = here.here.items[0]
    variant = bank.instance(item.question, item.seed)
    with bench.place() as place:
        oracle.prepare(variant, place)
        trip = steps.Trip.at(place, variant.names, "current-2026")
        trip.registry = variant.names["registry"]
        for step in variant.question.oracle.solution:
            steps.perform(trip, step)
        here = exam.performed(here, bank, place, 3)
    report = score.report(exam.submit(here, 4), bank, blueprint.load("ai-200"), TODAY)
    assert [each.points for each in report.items if each.question == item.question] == [len(variant.parts)]


def test_it_survives_being_kept_at_every_moment(drawn: Paper, bank: Bank) -> None:
    here = exam.begin(drawn, 0)
    for _ in range(4):
        here = exam.forward(_answer(here, bank, True), 2)
        assert exam.loads(exam.dumps(here)) == here
    with pytest.raises(ValueError, match="no kept exam"):
        exam.loads(b'{"paper": 1}')


def test_all_right_passes_and_all_wrong_does_not(drawn: Paper, bank: Bank) -> None:
    plan = blueprint.load("ai-200")
    good = score.report(_whole(drawn, bank, True), bank, plan, TODAY)
    bad = score.report(_whole(drawn, bank, False), bank, plan, TODAY)
    assert good.passed and good.score > 900 and good.low < good.score <= good.high
    assert not bad.passed and bad.score < 300 and bad.sure
    assert sum(each.points for each in good.items) == good.points
    assert {line.objective for line in good.lines} == {
        each.title for domain in plan.domain for each in domain.objective
    }
    assert all(line.low <= line.points / line.possible <= line.high for line in good.lines if line.possible)


def test_a_perfect_short_exam_is_not_called_certain(bank: Bank) -> None:
    short = paper.compose(bank, blueprint.load("az-104"), seed=2, today=TODAY, questions=4)
    found = score.report(_whole(short, bank, True), bank, blueprint.load("az-104"), TODAY)
    assert (found.score, found.passed, found.sure) == (1000, True, False) and "either way" in found.verdict()


def test_the_scale() -> None:
    assert [score.scaled(each, 0.65) for each in (0.0, 0.65, 1.0)] == [1, 700, 1000]
    assert score.scaled(0.6499, 0.65) < 700
    assert sorted(score.scaled(each / 100, 0.7) for each in range(101)) == [
        score.scaled(each / 100, 0.7) for each in range(101)
    ]


def test_a_stale_question_is_shown_and_not_scored(drawn: Paper, bank: Bank) -> None:
    found = score.report(_whole(drawn, bank, True), bank, blueprint.load("ai-200"), "2099-01-01")
    assert not any(each.scored for each in found.items) and found.possible == 0


def test_no_report_before_the_end(sitting: Sitting, bank: Bank) -> None:
    with pytest.raises(NotAllowed, match="not over"):
        score.report(sitting, bank, blueprint.load("ai-200"), TODAY)


def test_a_sitting_is_never_changed_in_place(sitting: Sitting, bank: Bank) -> None:
    before = msgspec.json.encode(sitting)
    exam.flag(exam.forward(_answer(sitting, bank, True), 1), 2)
    assert msgspec.json.encode(sitting) == before
