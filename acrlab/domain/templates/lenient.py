"""JSON as templates and `az` write it: comments, strings over several lines, a bare key.

Source: azure-cli 2.91 sends `, template:` with the file's own text; template-syntax (2025), comments.
"""

import re
from typing import Any

import msgspec

from acrlab.domain import json_text
from acrlab.domain.errors import BodyInvalid

_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*+")|(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))|(?P<bare>(?<![\w"])template(?=\s*:))'
    r"|(?P<comma>,(?=\s*[}\]]))",
    re.DOTALL,
)
_BREAKS = {"\r\n": "\\n", "\n": "\\n", "\r": "\\n", "\t": "\\t"}
_BREAK = re.compile(r"\r\n|\n|\r|\t")


def decode(text: bytes) -> Any:
    """Read JSON, and what is not quite JSON.

    Raises: BodyInvalid.
    """
    try:
        return json_text.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        pass
    try:
        plain = _TOKEN.sub(_strict, text.decode("utf-8-sig"))
        return json_text.decode(plain.encode())
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BodyInvalid(reason=str(error)) from None


def _strict(found: re.Match[str]) -> str:
    if found["string"]:
        return _BREAK.sub(lambda each: _BREAKS[each[0]], found["string"])
    return '"template"' if found["bare"] else ""
