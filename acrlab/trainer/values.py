"""Values of steps: authors write text, bodies are JSON."""

import json
from typing import Any


def typed(value: Any) -> Any:
    """A body as JSON has it: authors write all values as text."""
    if isinstance(value, dict):
        return {key: typed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [typed(each) for each in value]
    words = {"true": True, "false": False, "null": None, "yes": True, "no": False}
    return words.get(value, int(value) if str(value).isdecimal() else value) if isinstance(value, str) else value


def picked(body: Any, path: str) -> Any:
    """A value inside a body, by keys and indexes with dots between."""
    for key in filter(None, str(path).split(".")):
        if isinstance(body, list) and key.isdecimal() and int(key) < len(body):
            body = body[int(key)]
        else:
            body = body.get(key) if isinstance(body, dict) else None
    return {True: "true", False: "false"}.get(body, body) if isinstance(body, bool) else body


def encoded(value: Any) -> bytes:
    """A body as bytes."""
    return json.dumps(value).encode()
