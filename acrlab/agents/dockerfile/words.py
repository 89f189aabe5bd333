"""The words of an instruction's arguments, still with their quotes and variables."""

import json
import re

from acrlab.agents.protocol import EngineFailed
from acrlab.domain.tasks.gotemplate.lexer import quoted

# What Go takes for white space: Python has four more.
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_KIND = re.compile(r"[^\t-\r \x85\xa0]*")
_HALF = re.compile("[\ud800-\udfff]")  # of a pair that JSON has only one half of
_BETWEEN = re.compile(r"[\t\v\f\r ]+")


def halves(text: str) -> tuple[str, str | None]:
    """What is before the first white space, and what follows it, if anything does."""
    first, *rest = _BETWEEN.split(text, maxsplit=1)
    return first, rest[0] if rest else None


def listed(text: str) -> tuple[str, ...]:
    """At white space, whatever quotes say."""
    return tuple(_BETWEEN.split(text)) if text else ()


def split(text: str, escape: str = "\\") -> tuple[str, ...]:
    """At white space that is neither quoted nor escaped.

    Source: buildkit, parseWords.
    """
    words, word, quote, blank, at = [], "", "", False, 0
    while at < len(text):
        char, at = text[at], at + 1
        if char in SPACE and not quote:
            words += [word] if word or blank else []
            word, blank = "", False
            continue
        if char == escape and quote != "'":
            word, at = word + text[at - 1 : at + 1] if at < len(text) else word, at + 1
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote, blank = char, True
        word += char
    return (*words, word) if word or blank else tuple(words)


def pairs(text: str, escape: str = "\\") -> list[tuple[str, str]]:
    """name=value ..., or the old form of one name and all that follows it.

    Raises: EngineFailed; KEYWORD in its text is the instruction's.
    """
    words = split(text, escape)
    if words and "=" not in words[0]:
        name, value = halves(text)
        if value is None:
            raise EngineFailed("KEYWORD must have two arguments")
        return [(name, value)]
    for word in words:
        if "=" not in word:
            raise EngineFailed(f"Syntax error - can't find = in {quoted(word)}. Must be of the form: name=value")
    return [(name, value) for name, _, value in (word.partition("=") for word in words)]


def kind_and_rest(text: str) -> tuple[str, str]:
    """The first word of HEALTHCHECK and what follows it, told apart byte by byte as docker does."""
    data = text.encode().decode("latin-1")
    kind = _KIND.match(data)[0]  # type: ignore[index]
    both = kind, data[len(kind) :].lstrip("\t\n\v\f\r \x85\xa0")
    first, rest = (each.encode("latin-1").decode(errors="replace") for each in both)
    return first, rest


def json_words(text: str) -> tuple[str, ...] | None:
    """The words of a JSON list; what is none is for the shell, as docker has it.

    Raises: EngineFailed for a list with something else than words in it.
    """
    if not text.startswith("["):
        return None
    try:
        value = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(each, str) for each in value):
        raise EngineFailed("when using JSON array syntax, arrays must be comprised of strings only")
    return tuple(_HALF.sub("\ufffd", each) for each in value)


def _refused(name: str) -> None:
    raise ValueError(name)
