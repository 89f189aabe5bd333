"""Functions that write texts in other alphabets: base64, URIs, data URIs. Source: template-functions-string (2025)."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urljoin

from acrlab.domain.templates.expressions import Function, Scope

_MARK = "data:text/plain;charset=utf8;base64,"


def _decoded(text: str) -> str:
    return base64.b64decode(text, validate=True).decode()


def _from_data_uri(_: Scope, values: list[Any]) -> str:
    head, comma, body = values[0].partition(",")
    if not comma or not head.lower().startswith("data:"):
        raise ValueError
    return _decoded(body) if head.lower().endswith(";base64") else unquote(body)


def _uri(_: Scope, values: list[Any]) -> str:
    return str(urljoin(values[0], values[1]))


FUNCTIONS: Mapping[str, Function] = {
    "base64": lambda _, values: base64.b64encode(values[0].encode()).decode(),
    "base64tostring": lambda _, values: _decoded(values[0]),
    "base64tojson": lambda _, values: json.loads(_decoded(values[0])),
    "datauri": lambda _, values: _MARK + base64.b64encode(values[0].encode()).decode(),
    "datauritostring": _from_data_uri, "uri": _uri,
    "uricomponent": lambda _, values: quote(values[0], safe="!*'()"),
    "uricomponenttostring": lambda _, values: unquote(values[0]),
}  # fmt: skip
