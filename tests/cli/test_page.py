"""`--page` without Voilà: one sentence that says how to have it. With it, the browser lane looks at the page."""

import pytest
from typer.testing import CliRunner

from acrlab import cli
from acrlab.cli import page


@pytest.mark.parametrize("command", ["quiz", "exam"])
def test_without_voila_it_is_said_how_to_get_it(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "find_spec", lambda name: None)
    done = CliRunner().invoke(cli.app, [command, "--page"])
    assert done.exit_code == 1 and "pip install 'voila" in done.output


def test_what_is_typed_is_a_value_on_the_page_and_never_code(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("acrlab.cli.study.opened", lambda shown, browser: asked.append(shown) or 0)
    done = CliRunner().invoke(cli.app, ["quiz", "--page", "--topic", "') or print('"])
    assert done.exit_code == 0
    assert asked == ["""ui.quiz(topic="') or print('", count=10, seed=0, pack='')"""]
