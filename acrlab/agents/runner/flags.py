"""The arguments of docker's commands, read as its command line reads them. Source: spec (docker CLI reference)."""

from collections.abc import Sequence

import msgspec


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SWITCHES: dict[str, frozenset[str]] = {
    "run": _words(
        "rm detach d interactive i tty t it ti privileged init read-only no-healthcheck oom-kill-disable "
        "publish-all P quiet q sig-proxy"
    ),
    "build": _words(
        "no-cache pull quiet q rm force-rm compress squash disable-content-trust load push"
    ),
    "pull": _words("all-tags a quiet q disable-content-trust"),
    "push": _words("all-tags a quiet q disable-content-trust"),
    "images": _words("all a quiet q no-trunc digests"),
    "rm": _words("force f volumes v link l"),
    "rmi": _words("force f no-prune"),
    "login": frozenset(("password-stdin",)),
    "network": _words("ipv6 internal attachable"),
    "manifest": _words("amend a insecure purge p verbose v"),
    "version": frozenset(), "tag": frozenset(), "inspect": _words("size s"), "logout": frozenset(),
    "kill": frozenset(), "stop": frozenset(), "info": frozenset(), "volume": frozenset(),
}  # fmt: skip
TAKING: dict[str, frozenset[str]] = {
    "run": _words(
        "name env e env-file volume v mount workdir w user u network net entrypoint publish p expose "
        "isolation cpus memory m hostname h label l add-host dns cap-add cap-drop security-opt restart "
        "platform pull ulimit shm-size tmpfs device log-driver log-opt cidfile stop-signal stop-timeout "
        "memory-swap cpu-shares cpu-quota cpu-period cpuset-cpus pids-limit network-alias volumes-from "
        "gpus runtime ipc pid uts userns annotation ip health-cmd group-add sysctl storage-opt"
    ),
    "build": _words(
        "tag t file f build-arg label target platform network secret cache-from cache-to progress "
        "isolation memory m cpu-shares cpu-quota cpu-period cpuset-cpus memory-swap ulimit add-host "
        "iidfile security-opt shm-size output o cgroup-parent ssh build-context builder annotation "
        "attest sbom provenance metadata-file allow"
    ),
    "pull": frozenset(("platform",)), "push": frozenset(("platform",)), "images": _words("filter f format"),
    "rm": frozenset(), "rmi": frozenset(("platform",)), "login": _words("username u password p"),
    "network": _words("driver d subnet gateway label opt o ip-range scope"),
    "version": _words("format f"), "tag": frozenset(),
    "inspect": _words("format f type"), "logout": frozenset(), "kill": _words("signal s"),
    "stop": _words("time t signal s timeout"), "info": _words("format f"),
    "manifest": _words("arch os os-version os-features variant"),
    "volume": _words("driver d label opt o name"),
}  # fmt: skip
LONG = {"t": "tag", "f": "file", "e": "env", "v": "volume", "w": "workdir", "u": "user", "p": "publish", "d": "detach",
        "net": "network", "m": "memory", "q": "quiet", "i": "interactive", "h": "hostname", "l": "label",
        "o": "output", "P": "publish-all", "a": "all"}  # fmt: skip
OWN: dict[str, dict[str, str]] = {
    "run": {"t": "tty"}, "rm": {"f": "force", "v": "volumes"}, "rmi": {"f": "force"},
    "login": {"p": "password", "u": "username"},
    "inspect": {"f": "format", "s": "size"}, "version": {"f": "format"}, "images": {"f": "filter"},
    "manifest": {"a": "amend", "p": "purge", "v": "verbose"},
    "network": {"d": "driver", "o": "opt"}, "info": {"f": "format"}, "stop": {"t": "time", "s": "signal"},
    "kill": {"s": "signal"}, "volume": {"d": "driver", "o": "opt"},
}  # fmt: skip
LOOSE = frozenset(("run",))  # their flags end at the first word that is none


class FlagInvalid(ValueError):
    """Arguments that docker does not take, in its words."""


class Arguments(msgspec.Struct, frozen=True):
    """Flags by their long names, in order, and the words that are none."""

    flags: dict[str, list[str]]
    words: tuple[str, ...]

    def one(self, name: str, default: str = "") -> str:
        """The last value of a flag."""
        return self.flags.get(name, [default])[-1]

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.one(name).lower() in ("true", "1", "t")

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a flag."""
        return tuple(self.flags.get(name, ()))


def read(command: str, argv: Sequence[str]) -> Arguments:
    """The arguments of one of docker's commands. Raises: FlagInvalid."""
    flags: dict[str, list[str]] = {}
    words: list[str] = []
    left = list(argv)
    while left:
        word = left.pop(0)
        if word == "--":
            words += left
            break
        if not word.startswith("-") or word == "-":
            words.append(word)
            if command in LOOSE:
                words += left
                break
        elif word.startswith("--"):
            _long(command, word, left, flags)
        else:
            _short(command, word, left, flags)
    return Arguments(flags, tuple(words))


def _long(command: str, word: str, left: list[str], flags: dict[str, list[str]]) -> None:
    name, equals, value = word[2:].partition("=")
    if len(name) > 1 and name in SWITCHES[command]:
        flags.setdefault(name, []).append(value if equals else "true")
    elif len(name) > 1 and name in TAKING[command]:
        _take(LONG.get(name, name), f"--{name}", value if equals else None, left, flags, command)
    else:
        raise FlagInvalid(f"unknown flag: --{name}\nSee 'docker {command} --help'.")


def _short(command: str, word: str, left: list[str], flags: dict[str, list[str]]) -> None:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        name = OWN.get(command, {}).get(letter) or LONG.get(letter, letter)
        if letter in SWITCHES[command]:
            flags.setdefault(name, []).append("true")
        elif letter in TAKING[command]:
            value = letters.removeprefix("=") if letters else None
            _take(name, f"'{letter}' in {word}", value, left, flags, command)
            return
        else:
            text = f"unknown shorthand flag: '{letter}' in {word}\nSee 'docker {command} --help'."
            raise FlagInvalid(text)


def _take(name: str, told: str, value: str | None, left: list[str], flags: dict[str, list[str]], command: str) -> None:
    if value is None:
        if not left:
            raise FlagInvalid(f"flag needs an argument: {told}\nSee 'docker {command} --help'.")
        value = left.pop(0)
    flags.setdefault(name, []).append(value)
