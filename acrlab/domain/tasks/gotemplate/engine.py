"""Rendering, as the Tasks engine asks for it: missing keys are nothing, and nothing is written as nothing.

Source: the engine's open source (templating/engine.go).
"""

from collections.abc import Mapping
from typing import Any

from acrlab.domain.tasks.gotemplate.collections import CHOICES, DICTS, LISTS
from acrlab.domain.tasks.gotemplate.encodings import ENCODINGS
from acrlab.domain.tasks.gotemplate.evaluate import render
from acrlab.domain.tasks.gotemplate.language import LANGUAGE
from acrlab.domain.tasks.gotemplate.nodes import TemplateFailed
from acrlab.domain.tasks.gotemplate.parser import parse
from acrlab.domain.tasks.gotemplate.quantities import QUANTITIES
from acrlab.domain.tasks.gotemplate.signatures import Function
from acrlab.domain.tasks.gotemplate.strings import STRINGS

FUNCTIONS: dict[str, Function] = {
    **LANGUAGE, **STRINGS, **QUANTITIES, **LISTS, **DICTS, **CHOICES, **ENCODINGS,
}  # fmt: skip


def rendered(name: str, text: str, data: Any, further: Mapping[str, Function] | None = None) -> str:
    """The text with its actions done; `further` are functions that need a clock or chance. Raises: TemplateFailed."""
    functions = {**FUNCTIONS, **(further or {})}
    try:
        template = parse(name, text, functions)
    except TemplateFailed as failure:
        raise TemplateFailed(f"failed to parse template: {name}. Err: {failure}") from None
    try:
        return render(template, functions, data).replace("<no value>", "")
    except TemplateFailed as failure:
        raise TemplateFailed(f"failed to execute template: {name}. Err: {failure}") from None
