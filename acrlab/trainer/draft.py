"""Drafts: questions from elsewhere. They lack what makes a question ours, and say so: reasons, sources, an oracle."""

import msgspec
import yaml


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, the way people write them."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


class ImportFailed(Exception):
    """A file that cannot be read at all. `line` counts from 1."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(f"line {line}: {text}")
        self.line = line


class Choice(msgspec.Struct, frozen=True):
    """An answer of a draft. `partner` is what belongs to it in a matching question."""

    say: str
    right: bool
    because: str = ""
    partner: str = ""


class Draft(msgspec.Struct, frozen=True):
    """A question from elsewhere. `kind` is empty when it has no kind of ours; `line` is where it begins."""

    title: str
    kind: str
    ask: str
    choices: tuple[Choice, ...]
    problems: tuple[str, ...]
    line: int

    def missing(self) -> list[str]:
        """What an author has to add or mend before it is a question, in sentences."""
        found = [f"line {self.line}, {self.title or 'untitled'}: {each}" for each in self.problems]
        for number, each in enumerate(self.choices, 1):
            if not each.because:
                found.append(f"line {self.line}, {self.title or 'untitled'}, choice {number}: no because")
        return found

    def text(self) -> str:
        """A question file to go on with; what has to be added is marked TODO."""
        rows = _ROWS.get(self.kind, _choices)(self)
        content = {
            "kind": self.kind or "TODO", "title": self.title or "TODO", "objectives": ["TODO"], "level": 2,
            "ask": self.ask, **rows, "oracle": {"goal": [{"TODO": "a step"}]},
            "sources": [{"title": "TODO", "url": "https://TODO", "date": "TODO"}], "review_by": "TODO",
        }  # fmt: skip
        return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _reason(choice: Choice) -> str:
    return choice.because or "TODO"


def _choices(draft: Draft) -> dict[str, object]:
    return {"choices": [
        {"say": each.say, **({"right": True} if each.right else {}), "because": _reason(each)} for each in draft.choices
    ]}  # fmt: skip


def _pairs(draft: Draft) -> dict[str, object]:
    return {
        "pairs": [
            {"say": each.say, "with": each.partner, "because": _reason(each)} for each in draft.choices if each.say
        ]
    }


def _commands(draft: Draft) -> dict[str, object]:
    rows = {True: "answers", False: "mistakes"}
    return {
        name: [{"say": each.say, "because": _reason(each)} for each in draft.choices if each.right is right]
        for right, name in rows.items()
    }


def _statements(draft: Draft) -> dict[str, object]:
    meets = any(each.right and each.say.lower() == "true" for each in draft.choices)
    return {"statements": [{"say": draft.ask, "meets": meets, "because": "TODO"}]}


_ROWS = {"match": _pairs, "fill": _commands, "series": _statements}
