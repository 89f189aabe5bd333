"""Commands that learners write: read with tolerance, compared by meaning, and acted out by what they do."""

import shlex
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from acrlab.domain.scope_maps import OPERATIONS

# Short forms. Source: azure-cli 2.91.0, command_modules/acr/_params.py and the global arguments.
ALIASES = {
    "-n": "--name", "-g": "--resource-group", "-r": "--registry", "-t": "--image", "-f": "--file", "-l": "--location",
    "-o": "--output", "-y": "--yes", "-u": "--username", "-p": "--password",
}  # fmt: skip
_IDLE = {"--output", "--yes", "--only-show-errors", "--verbose", "--debug", "--no-wait", "--query"}
_SWITCHES = {"--admin-enabled", "--write-enabled", "--delete-enabled", "--read-enabled", "--list-enabled",
             "--anonymous-pull-enabled", "--public-network-enabled", "--data-endpoint-enabled"}  # fmt: skip
_ANY_CASE = _SWITCHES | {"--sku", "--role", "--location"}
# Words that mean the same option in some commands.
_SAME: dict[tuple[str, ...], dict[str, str]] = {
    ("az", "acr", "build"): {"--name": "--registry"},
}
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "--", "—": "--"})


class Unreadable(Exception):
    """Not a command line. The text says why."""


class Command(msgspec.Struct, frozen=True):
    """A command by its words, its options and whatever else stands in it."""

    words: tuple[str, ...]
    options: Mapping[str, tuple[str, ...]]

    def difference(self, other: "Command") -> str:
        """What sets this one, a learner's, apart from another, in a sentence; empty when nothing does."""
        if self.words != other.words:
            return f"the command begins with {' '.join(self.words) or 'nothing'}, which is another command"
        missing = sorted(set(other.options) - set(self.options))
        if missing:
            return f"{len(missing)} needed option{'s are' if len(missing) > 1 else ' is'} missing"
        surplus = sorted(set(self.options) - set(other.options))
        if surplus:
            return f"{', '.join(surplus)} does not belong here"
        wrong = sorted(name for name, value in other.options.items() if self.options[name] != value)
        return f"the value of {', '.join(wrong)} is another one" if wrong else ""


def read(text: str) -> Command:
    """A command line, freed of everything that makes no difference. Raises: Unreadable."""
    plain = text.strip().translate(_QUOTES).replace("\\\n", " ").replace("`\n", " ").replace("\n", " ")
    try:
        parts = shlex.split(plain.removeprefix("$ ").removeprefix("! ").removeprefix("!"))
    except ValueError as error:
        raise Unreadable(f"a quote is not closed ({error})") from None
    words: list[str] = []
    options: dict[str, list[str]] = {}
    current: list[str] = words
    for part in parts:
        if part.startswith("-") and len(part) > 1 and not part[1:].isdigit():
            name, equals, value = part.partition("=")
            current = options.setdefault(ALIASES.get(name, name), [])
            if equals:
                current.append(value)
        else:
            current.append(part)
    first = tuple(each.lower() if index < 4 else each for index, each in enumerate(words))
    return Command(first, _kept(words, options))


def _kept(words: list[str], options: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    same = _SAME.get(tuple(words[:3]), {})
    return {same.get(name, name): _value(name, values) for name, values in sorted(options.items()) if name not in _IDLE}


def _value(name: str, values: list[str]) -> tuple[str, ...]:
    if name in _SWITCHES and not values:
        return ("true",)
    return tuple(each.lower() for each in values) if name in _ANY_CASE else tuple(values)


# What commands do, as steps

Options = Mapping[str, tuple[str, ...]]
Meaning = Callable[[Options], list[dict[str, Any]]]


def meant(text: str) -> list[dict[str, Any]]:
    """The steps of a command; empty for one that is not known."""
    try:
        command = read(text)
    except Unreadable:
        return []
    meaning = MEANINGS.get(command.words)
    return meaning(command.options) if meaning is not None else []


def _one(options: Options, name: str, other: str = "") -> str:
    return " ".join(options.get(name) or options.get(other) or ("",))


def _create(options: Options) -> list[dict[str, Any]]:
    step: dict[str, Any] = {"registry": _one(options, "--name")}
    if "--sku" in options:
        step["tier"] = _one(options, "--sku").capitalize()
    if "--admin-enabled" in options:
        step["properties"] = {"adminUserEnabled": _one(options, "--admin-enabled")}
    return [step]


# What `az acr update` writes, by option: the property, and the words of its values where they are others.
_UPDATES: dict[str, tuple[str, dict[str, str]]] = {
    "--admin-enabled": ("adminUserEnabled", {}),
    "--anonymous-pull-enabled": ("anonymousPullEnabled", {}),
    "--public-network-enabled": ("publicNetworkAccess", {"true": "Enabled", "false": "Disabled"}),
    "--data-endpoint-enabled": ("dataEndpointEnabled", {}),
    "--role-assignment-mode": (
        "roleAssignmentMode", {"rbac": "LegacyRegistryPermissions", "rbac-abac": "AbacRepositoryPermissions"},
    ),
}  # fmt: skip


def _update(options: Options) -> list[dict[str, Any]]:
    given = {name: _one(options, name) for name in _UPDATES if name in options}
    changes = {_UPDATES[name][0]: _UPDATES[name][1].get(value, value) for name, value in given.items()}
    step: dict[str, Any] = {"update": changes, "registry": _one(options, "--name")}
    return [step | ({"tier": _one(options, "--sku").capitalize()} if "--sku" in options else {})]


def _on_repository(verb: str) -> Meaning:
    def meaning(options: Options) -> list[dict[str, Any]]:
        return [{verb: _one(options, "--image", "--repository"), "registry": _one(options, "--name", "--registry")}]

    return meaning


def _lock(options: Options) -> list[dict[str, Any]]:
    names = {f"--{name}-enabled": name for name in ("write", "delete", "read", "list")}
    step = {"lock": _one(options, "--image", "--repository"), "registry": _one(options, "--name")}
    return [step | {names[name]: _one(options, name) for name in names if name in options}]


def _import(options: Options) -> list[dict[str, Any]]:
    host, slash, rest = _one(options, "--source").partition("/")
    outside = bool(slash) and "." in host
    step: dict[str, Any] = {"import": rest if outside else _one(options, "--source")}
    step |= {"host": host} if outside else {"from": _one(options, "--registry")}
    step |= {"to": list(options["--image"])} if "--image" in options else {}
    step |= {"force": "yes"} if "--force" in options else {}
    return [step | {"registry": _one(options, "--name")}]


def _scope_map(options: Options) -> list[dict[str, Any]]:
    name, registry = _one(options, "--name"), _one(options, "--registry")
    return [{"scope map": name, "actions": _lines(options), "registry": registry}]


def _lines(options: Options) -> list[str]:
    """The actions of `--repository`: a name, and what may be done with it."""
    found, repository = [], ""
    for each in options.get("--repository", ()):
        if each in OPERATIONS:
            found.append(f"repositories/{repository}/{each}")
        else:
            repository = each
    return found


def _token(options: Options) -> list[dict[str, Any]]:
    """Source: azure-cli 2.91.0: a token that is given repositories gets a scope map of its own."""
    name, registry = _one(options, "--name"), _one(options, "--registry")
    own = f"{name}-scope-map"
    made = [{"scope map": own, "actions": _lines(options), "registry": registry}] if "--repository" in options else []
    return [*made, {"registry token": name, "map": _one(options, "--scope-map") or own, "registry": registry}]


def _token_update(options: Options) -> list[dict[str, Any]]:
    names = {"--status": "state", "--scope-map": "map"}
    step = {names[name]: _one(options, name) for name in names if name in options}
    return [{"registry token": _one(options, "--name"), **step, "registry": _one(options, "--registry")}]


def _cache(options: Options) -> list[dict[str, Any]]:
    step = {"cache rule": _one(options, "--target-repo"), "source": _one(options, "--source-repo")}
    step |= {"set": _one(options, "--cred-set")} if "--cred-set" in options else {}
    return [step | {"registry": _one(options, "--registry")}]


def _login(options: Options) -> list[dict[str, Any]]:
    return [{"login": "owner", "registry": _one(options, "--name")}]


def _available(options: Options) -> list[dict[str, Any]]:
    return [{"available": _one(options, "--name")}]


def _named(verb: str) -> Meaning:
    return lambda options: [{verb: "all", "registry": _one(options, "--name")}]


def _soft_delete(options: Options) -> list[dict[str, Any]]:
    names = {"--status": "status", "--days": "retentionDays"}
    policy = {names[name]: _one(options, name).lower() for name in names if name in options}
    registry = _one(options, "--registry")
    return [
        {"update": {"policies": {"softDeletePolicy": policy}}, "version": "2025-06-01-preview", "registry": registry}
    ]


def _retention(options: Options) -> list[dict[str, Any]]:
    policy = {name.strip("-"): _one(options, name).lower() for name in ("--status", "--days") if name in options}
    return [{"update": {"policies": {"retentionPolicy": policy}}, "registry": _one(options, "--registry")}]


def _rule(*kept: str) -> Meaning:
    """One rule for addresses where there was none: added, or taken away."""

    def meaning(options: Options) -> list[dict[str, Any]]:
        rules = [{"value": _one(options, name)} for name in kept]
        return [{"update": {"networkRuleSet": {"ipRules": rules}}, "registry": _one(options, "--name")}]

    return meaning


MEANINGS: dict[tuple[str, ...], Meaning] = {
    ("az", "acr", "create"): _create,
    ("az", "acr", "update"): _update,
    ("az", "acr", "login"): _login,
    ("az", "acr", "import"): _import,
    ("az", "acr", "scope-map", "create"): _scope_map,
    ("az", "acr", "token", "create"): _token,
    ("az", "acr", "token", "update"): _token_update,
    ("az", "acr", "cache", "create"): _cache,
    ("az", "acr", "check-name"): _available,
    ("az", "acr", "credential", "show"): _named("credentials"),
    ("az", "acr", "config", "soft-delete", "update"): _soft_delete,
    ("az", "acr", "config", "retention", "update"): _retention,
    ("az", "acr", "network-rule", "add"): _rule("--ip-address"),
    ("az", "acr", "network-rule", "remove"): _rule(),
    ("az", "acr", "repository", "list"): _named("repositories"),
    ("az", "acr", "repository", "delete"): _on_repository("delete"),
    ("az", "acr", "repository", "untag"): _on_repository("untag"),
    ("az", "acr", "repository", "show-tags"): _on_repository("tags"),
    ("az", "acr", "repository", "show"): _on_repository("show"),
    ("az", "acr", "repository", "update"): _lock,
}
