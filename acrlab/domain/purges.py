"""What `acr purge` is told: filters, ages, and what goes with them.

Source: acr-cli 0.17 (2025), flags of acr purge; container-registry-auto-purge (2025).
"""

import re
from collections.abc import Callable

import msgspec

from acrlab.domain.errors import Condition

LONGEST = 150 * 365.25 * 86400.0  # seconds. Source: acr-cli, --ago is cut at 150 years
LONGEST_PATTERN = 256  # characters
MOST_REPEATS = 4  # of one pattern: what matches stays quick however the names look
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3}
_AGO = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})?(?:d|h|ms|m|s))+")
_PART = re.compile(r"([\d.]+)(d|h|ms|m|s)")


class PurgeInvalid(Condition):
    """A purge that says too little, or something it cannot mean. Fields: reason."""

    status, arm = 400, "InvalidPurge"
    message = "{reason}"
    evidence = "inferred"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The flags. `filters` are `repository:tag`, both regular expressions; `ago` as `2d3h6m`."""

    filters: tuple[str, ...] = ()
    ago: str = ""
    keep: int = 0
    untagged: bool = False
    untagged_only: bool = False
    dry_run: bool = False
    include_locked: bool = False


class Filter(msgspec.Struct, frozen=True):
    """One filter, ready to ask. A repository is matched whole, a tag anywhere."""

    repository: Callable[[str], object]
    tag: Callable[[str], object]


def require_sense(options: Options) -> None:
    """Raises: PurgeInvalid for flags that do not go together. Source: acr-cli, what it refuses."""
    if options.untagged and options.untagged_only:
        raise PurgeInvalid(reason="--untagged and --untagged-only exclude each other")
    if not options.untagged_only and not (options.filters and options.ago):
        raise PurgeInvalid(reason="--filter and --ago are required, unless --untagged-only is given")
    if options.keep < 0:
        raise PurgeInvalid(reason="--keep is a number of tags, 0 or more")


def age(text: str) -> float:
    """Read an age. Units: seconds.

    Raises: PurgeInvalid.
    """
    if not _AGO.fullmatch(text):
        raise PurgeInvalid(reason=f"--ago {text[:60]!r} is not a duration such as 2d3h6m")
    return min(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)), LONGEST)


def chosen(text: str) -> Filter:
    """Read one filter.

    Raises: PurgeInvalid.
    """
    repository, colon, tag = text.rpartition(":")
    if not colon or not repository or not tag:
        raise PurgeInvalid(reason=f"--filter {text[:120]!r} is not <repository>:<tag>, both regular expressions")
    return Filter(_compiled(repository).fullmatch, _compiled(tag).search)


def _compiled(text: str) -> re.Pattern[str]:
    """A pattern that cannot take forever; acr-cli, whose engine can be stopped, gives up after 60 seconds instead."""
    plain = re.sub(r"\[[^\]]*\]", "x", re.sub(r"\\.", "x", text))
    if len(text) > LONGEST_PATTERN or len(re.findall(r"[*+{]", plain)) > MOST_REPEATS or re.search(r"\)[*+{]", plain):
        raise PurgeInvalid(
            reason=f"the expression {text[:60]!r} is too intricate: at most {MOST_REPEATS} repetitions, none of a group"
        )
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise PurgeInvalid(reason=f"{text[:60]!r} is no regular expression: {error}") from None
