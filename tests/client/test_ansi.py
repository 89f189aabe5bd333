"""Colours of programs in logs: kept in a notebook, and nothing of a log is ever markup."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acrlab.client import ansi
from acrlab.client.log import Log
from acrlab.ui.task_graph import TaskGraph

RED, GREEN = ansi.PALETTE[1:3]


class Reader(HTMLParser):
    """Texts with the style that they stand in."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str]] = []

    def handle_starttag(self, tag, attrs):
        self.open.append((tag, dict(attrs).get("style") or ""))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.texts.append((data, self.open[-1][1] if self.open[-1][0] == "span" else ""))


def read(html: str) -> list[tuple[str, str]]:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return [(text, style) for text, style in reader.texts if text.strip()]


@pytest.mark.parametrize(
    "line, expected",
    [
        ("\x1b[31mred\x1b[0m plain", [("red", f"color:{RED}"), (" plain", "")]),
        ("\x1b[1;32mbold\x1b[22m green", [("bold", f"color:{GREEN};font-weight:bold"), (" green", f"color:{GREEN}")]),
        ("\x1b[mnothing \x1b[999mmore", [("nothing more", "")]),
        ("\x1b[38;5;196mx\x1b[39;48;2;1;2;3my", [("x", "color:#ff0000"), ("y", "background-color:#010203")]),
        ("\x1b[38;5;244mgrey", [("grey", "color:#808080")]),
        ("\x1b[91mbright\x1b[100m!", [("bright", "color:#b22b31"), ("!", "background-color:#282c36;color:#b22b31")]),
        ("\x1b[38;2;1;2;999mtoo much\x1b[38;9mno kind", [("too muchno kind", "")]),
        ("\x1b]0;a title\x07shown\x1b[2K\x1b[1A\x1b(B", [("shown", "")]),
        ("\x1b[4;9;3mx\x1b[24;23my", [("x", "font-style:italic;text-decoration:line-through"), ("y", "")]),
    ],
)  # fmt: skip
def test_a_line_keeps_its_colours(line, expected):
    found = read(Log(line).html())
    assert found == expected
    assert repr(Log(line)) == "".join(text for text, _ in expected)


def test_a_colour_holds_until_the_service_speaks():
    log = Log("\x1b[31mone\r\ntwo\r\n2026/11/25 10:00:00 Launching container\r\nthree\r\n")
    texts = read(log.html())
    assert [style for text, style in texts if text.strip() in ("one", "two")] == [f"color:{RED}"] * 2
    assert all(style == "" for text, style in texts if "three" in text or "Launching" in text)
    assert repr(log).splitlines() == ["one", "two", "Launching container", "three"]


def test_what_varies_is_left_out_in_colour_too():
    line = f"\x1b[32mdigest: sha256:{'a' * 64}\x1b[0m"
    assert read(Log(line).html()) == [("digest: sha256:…", f"color:{GREEN}")]
    assert read(Log(f"other\n{line}").matching("sha256").html()) == [("digest: sha256:…", f"color:{GREEN}")]


def test_the_log_beside_a_graph_keeps_them():
    html = str(TaskGraph((), log=Log("\x1b[31m<b>red</b>\x1b[0m")).html())
    assert f'<span style="color:{RED}">&lt;b&gt;red&lt;/b&gt;</span>' in html


@given(st.text(alphabet=st.sampled_from("\x1b[]0123456789;:m<>&\"'/aK\x07\x00\n\r\t"), max_size=80))
def test_no_text_becomes_markup(text):
    """Only spans that are closed, and of no style but those of the table."""
    html = Log(text).html()
    inside = html.partition(">")[2].removesuffix("</pre>")
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open and "\x1b" not in html and "\x00" not in html
    assert inside.count("<span") == inside.count("</span>") == inside.count("<") / 2
