"""Whether an instruction can be carried out at all, as far as it alone tells."""

import re
from collections.abc import Callable, Mapping

from acrlab.agents.dockerfile import options, request
from acrlab.agents.dockerfile.health import config
from acrlab.agents.dockerfile.heredocs import marker
from acrlab.agents.dockerfile.instruction import KEYWORDS, Instruction, failed
from acrlab.agents.dockerfile.words import SPACE, pairs, split
from acrlab.agents.protocol import EngineFailed
from acrlab.domain.tasks.gotemplate.lexer import quoted

_STAGE = re.compile(r"[a-z][a-z0-9-_.]*")


def check(each: Instruction, escape: str) -> None:
    """Raises: EngineFailed in docker's words, with the line.

    Source: buildkit's package instructions, beside which this is tested (tests/peers).
    """
    try:
        if each.keyword not in KEYWORDS:
            raise EngineFailed(f"unknown instruction: {each.keyword.upper()}")
        _CHECKS[each.keyword](each, escape)
    except EngineFailed as failure:
        raise failed(each.line, failure.text) from None


def _flags(each: Instruction, _: str) -> None:
    options.check(each)


def _one(each: Instruction, _: str) -> None:
    if not each.arguments:
        raise EngineFailed(f"{each.keyword} requires exactly one argument")
    options.check(each)


def _some(each: Instruction) -> None:
    if not (each.words if each.words is not None else each.arguments):
        raise EngineFailed(f"{each.keyword} requires at least one argument")


def _signal(each: Instruction, _: str) -> None:
    """Its flags are nobody's business: docker does not look at them."""
    if not each.arguments:
        raise EngineFailed(f"{each.keyword} requires exactly one argument")


def _from(each: Instruction, _: str) -> None:
    words = each.listed
    if len(words) == 3 and words[1].lower() == "as":
        if not _STAGE.fullmatch(words[2].lower()):
            rule = "name can't start with a number or contain symbols"
            raise EngineFailed(f"invalid name for build stage: {quoted(words[2])}, {rule}")
    elif len(words) != 1:
        raise EngineFailed("FROM requires either one or three arguments")
    options.check(each)


def _transfer(each: Instruction, _: str) -> None:
    if len(each.listed) < 2:
        raise EngineFailed(
            f"{each.keyword} requires at least two arguments, but only one was provided. "
            "Destination could not be determined."
        )
    options.check(each)
    if _announces(each.listed[-1]):
        raise EngineFailed(f"{each.keyword} cannot accept a heredoc as a destination")


def _announces(word: str) -> bool:
    try:
        return marker(word) is not None
    except EngineFailed:
        return False


def _pairs(each: Instruction, escape: str) -> None:
    options.check(each)
    found = pairs(each.arguments, escape)
    if not found:
        raise EngineFailed(f"{each.keyword} requires at least one argument")
    if any(not name for name, _ in found):
        raise EngineFailed(f"{each.keyword} names can not be blank")


def _arg(each: Instruction, escape: str) -> None:
    """Of its flags docker takes no notice."""
    found = split(each.arguments, escape)
    if not found:
        raise EngineFailed("ARG requires at least one argument")
    if any(word.startswith("=") for word in found):
        raise EngineFailed("ARG names can not be blank")


def _run(each: Instruction, _: str) -> None:
    options.check(each)
    flags = dict(each.flags)
    for value in (value for name, value in each.flags if name == "mount"):
        request.check(value)
    if (network := flags.get("network", "default")) not in ("default", "none", "host"):
        raise EngineFailed(f"invalid network mode {quoted(network)}")
    if (security := flags.get("security", "sandbox")) not in ("insecure", "sandbox"):
        raise EngineFailed(f"security {quoted(security)} is not valid")


def _health(each: Instruction, _: str) -> None:
    if not each.arguments:
        raise EngineFailed("HEALTHCHECK requires at least one argument")
    config(each)


def _expose(each: Instruction, _: str) -> None:
    _some(each)
    options.check(each)


def _volume(each: Instruction, escape: str) -> None:
    _expose(each, escape)
    if any(not word.strip(SPACE) for word in each.listed):
        raise EngineFailed("VOLUME specified can not be an empty string")


def _shell(each: Instruction, _: str) -> None:
    options.check(each)
    _some(each)
    if each.words is None:
        raise EngineFailed("SHELL requires the arguments to be in JSON form")


def _onbuild(each: Instruction, _: str) -> None:
    _some(each)
    options.check(each)
    trigger = each.arguments.split(maxsplit=1)[0].upper()
    if trigger == "ONBUILD":
        raise EngineFailed("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if trigger in ("FROM", "MAINTAINER"):
        raise EngineFailed(f"{trigger} isn't allowed as an ONBUILD trigger")


_CHECKS: Mapping[str, Callable[[Instruction, str], None]] = {
    "ADD": _transfer, "ARG": _arg, "CMD": _flags, "COPY": _transfer, "ENTRYPOINT": _flags, "ENV": _pairs,
    "EXPOSE": _expose, "FROM": _from, "HEALTHCHECK": _health, "LABEL": _pairs, "MAINTAINER": _one,
    "ONBUILD": _onbuild, "RUN": _run, "SHELL": _shell, "STOPSIGNAL": _signal, "USER": _one, "VOLUME": _volume,
    "WORKDIR": _one,
}  # fmt: skip
