"""What lab 06 expects of the registry contosolab06: its scope maps, its tokens, and what they were used for."""

from collections.abc import Iterator
from typing import Any

from acrlab.course import Evidence, Finding, check, expect, never
from acrlab.course.evidence import Exchange
from acrlab.domain import events
from acrlab.domain.scope_maps import SYSTEM

REGISTRY, CI, KIOSK = "contosolab06", "lab06-ci", "lab06-kiosk"
HOST, WEB, FOLDER = f"{REGISTRY}.azurecr.io", "shop/web", "kiosk/*"
PUSHES = {f"repositories/{WEB}/content/read", f"repositories/{WEB}/content/write"}
PULLS = {f"repositories/{FOLDER}/content/read"}
DAY = 86400 + 60.0  # seconds; a minute for the way from one clock to the other


def inside(seen: Evidence, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of the registry's tokens or scope maps, by name."""
    found = seen.registry(REGISTRY)
    kept = seen.state.inside(found.resource, kind) if found is not None else []
    return {each.id.rpartition("/")[2]: each.body["properties"] for each in kept}


def allowed(seen: Evidence, token: str, wanted: set[str], what: str) -> Iterator[Finding]:
    """Whether a token's scope map says what is wanted, and nothing else."""
    known = inside(seen, "tokens").get(token)
    named = known["scopeMapId"].rpartition("/")[2] if known is not None else ""
    actions = set(inside(seen, "scopemaps").get(named, {}).get("actions", ()))
    told = ", ".join(sorted(actions)) or ("nothing" if known is not None else "no such token")
    yield expect(wanted <= actions, f"the scope map of {token} lets it {what}", told)
    yield never(bool(actions - wanted), f"{token} allowed anything else", told, "take away what it does not need")


def asked(seen: Evidence, token: str) -> list[Exchange]:
    """What was asked of the registry with a token."""
    return [each for each in seen.exchanges if each.host == HOST and each.principal == token]


def pulls(seen: Evidence) -> list[Exchange]:
    """The manifests that the kiosk has got."""
    got = (each for each in asked(seen, KIOSK) if each.method == "GET" and each.status == 200)
    return [each for each in got if each.path.startswith("/v2/kiosk/") and "/manifests/" in each.path]


def ever(seen: Evidence, switch: str) -> bool:
    """Whether a switch of the registry was on at any time."""
    return any(body["properties"].get(switch) for body in seen.resources_put(REGISTRY))


@check(
    "lab06-ci may push shop/web, and nothing else",
    points=3,
    step=1,
    hints=(
        "A token is a name with passwords; what it may do stands in a scope map. What does a push "
        "need besides writing?",
        "az acr token create --repository shop/web content/read content/write makes both at once. Content that may be "
        "written has to be read as well. Try the token: a push to shop/web works, anywhere else it is refused.",
        'wanted = ["repositories/shop/web/content/read", "repositories/shop/web/content/write"]\n'
        "made = cloud.arm.scope_maps.begin_create(\n"
        '    lab.group, "contosolab06", "ci-web", {"properties": {"actions": wanted}}\n'
        ").result()\n"
        "cloud.arm.tokens.begin_create(\n"
        '    lab.group, "contosolab06", "lab06-ci", {"properties": {"scopeMapId": made.id}}\n'
        ").result()\n"
        'ci = sign_in("lab06-ci", new_key("lab06-ci", "password1"))\n'
        'release(ci, "shop/web", "1.0", "1.1")\n'
        'release(ci, "shop/api", "1.0", "1.1")',
    ),
)
def ci(seen: Evidence) -> Iterator[Finding]:
    yield from allowed(seen, CI, PUSHES, "pull and push shop/web")
    own = asked(seen, CI)
    mine = f"/v2/{WEB}/"
    pushed = any(each.method == "PUT" and each.path.startswith(mine) and each.status == 201 for each in own)
    yield expect(pushed, f"a push to {WEB} with the token", "one went through" if pushed else "none")
    elsewhere = (each for each in own if each.path.startswith("/v2/") and not each.path.startswith(mine))
    refused = any(each.status in (401, 403) and each.path != "/v2/" for each in elsewhere)
    yield expect(refused, "a try elsewhere with the token that was refused", "refused" if refused else "none")
    yield never(
        ever(seen, "adminUserEnabled"), "the admin user enabled at any time", "it was", "lab.reset() takes it back"
    )


@check(
    "lab06-kiosk may pull what is below kiosk/, for a day",
    points=3,
    step=2,
    hints=(
        "Next month there will be repositories below kiosk/ that nobody has named yet. One line of a scope map covers "
        "them all.",
        "repositories/kiosk/*/content/read, and a password with an expiry: az acr token create --no-passwords, then "
        "az acr token credential generate --expiration, by the emulator's clock.",
        'wanted = ["repositories/kiosk/*/content/read"]\n'
        "made = cloud.arm.scope_maps.begin_create(\n"
        '    lab.group, "contosolab06", "kiosk-read", {"properties": {"actions": wanted}}\n'
        ").result()\n"
        "cloud.arm.tokens.begin_create(\n"
        '    lab.group, "contosolab06", "lab06-kiosk", {"properties": {"scopeMapId": made.id}}\n'
        ").result()\n"
        'first = new_key("lab06-kiosk", "password1", hours=24)\n'
        'pull(sign_in("lab06-kiosk", first), "kiosk/menu", "1.0")',
    ),
)
def kiosk(seen: Evidence) -> Iterator[Finding]:
    yield from allowed(seen, KIOSK, PULLS, "pull everything below kiosk/")
    held = inside(seen, "tokens").get(KIOSK, {}).get("credentials", {}).get("passwords", [])
    ends = bool(held) and all(each.get("expiry", 1e12) - each["creationTime"] <= DAY for each in held)
    told = "they do" if ends else "one does not" if held else "it has none"
    yield expect(ends, f"passwords of {KIOSK} that end within a day", told)
    used = bool(pulls(seen))
    yield expect(used, "a pull below kiosk/ with the token", "one went through" if used else "none")
    maps = inside(seen, "scopemaps").values()
    lines = [line for each in maps if each["type"] != SYSTEM for line in each["actions"] if "*" in line]
    wider = [line for line in lines if not line.startswith(f"repositories/{FOLDER}/")]
    yield never(bool(wider), "a scope map with a wider wildcard than kiosk/*", ", ".join(wider), "name repositories")
    opened = ever(seen, "anonymousPullEnabled")
    yield never(opened, "anonymous pull on at any time", "it was", "lab.reset() takes it back")


@check(
    "The password of lab06-kiosk was replaced without a gap",
    points=3,
    step=3,
    hints=(
        "A token has two passwords, so that one can be in use while the other is made.",
        "Make password2, let the kiosk sign in with it, and only then take password1 away: az acr token credential "
        "delete --password1. Making password1 anew does as well.",
        'second = new_key("lab06-kiosk", "password2", hours=24)\n'
        'pull(sign_in("lab06-kiosk", second), "kiosk/menu", "1.0")\n'
        'left = {"properties": {"credentials": {"passwords": [{"name": "password2"}]}}}\n'
        'cloud.arm.tokens.begin_update(lab.group, "contosolab06", "lab06-kiosk", left).result()\n'
        'pull(sign_in("lab06-kiosk", second), "kiosk/menu", "1.0")',
    ),
)
def rotated(seen: Evidence) -> Iterator[Finding]:
    then = [(each.at, _hashes(each.body)) for each in seen.of(events.ResourcePut) if _is_token(each.id, KIOSK)]
    first = next((held for _, held in then if held), set())
    over = bool(first) and any(held & first and held - first for _, held in then)
    yield expect(over, "the old password and the new one good at the same time", "they were" if over else "never")
    now = then[-1][1] if then and KIOSK in inside(seen, "tokens") else set()
    gone = bool(now) and not now & first
    yield expect(gone, "only passwords that are newer than the first", "so it is" if gone else "it is not so")
    since = next((at for at, held in then if first and held and not held & first), None)
    used = since is not None and any(each.at >= since for each in pulls(seen))
    yield expect(used, "a pull after the first password was gone", "one went through" if used else "none")


def _is_token(id: str, name: str) -> bool:
    return id.lower().endswith(f"/registries/{REGISTRY}/tokens/{name}")


def _hashes(body: dict[str, Any]) -> set[str]:
    return {each["hash"] for each in body["properties"]["credentials"]["passwords"]}


@check(
    "lab06-ci is switched off, and nothing of it is lost",
    points=2,
    step=4,
    hints=(
        "The token shall be good again next week, with the same scope map and the same passwords.",
        "az acr token update --status disabled. To delete it would be final.",
        'off = {"properties": {"status": "disabled"}}\n'
        'cloud.arm.tokens.begin_update(lab.group, "contosolab06", "lab06-ci", off).result()',
    ),
)
def disabled(seen: Evidence) -> Iterator[Finding]:
    tokens = inside(seen, "tokens")
    status = tokens.get(CI, {}).get("status", "no such token")
    yield expect(status == "disabled", f"{CI} disabled", status)
    whole = status == "disabled" and bool(tokens[CI]["credentials"]["passwords"])
    yield expect(whole, "with its passwords still there", "they are" if whole else "not so")
    deleted = any(_is_token(each.id, CI) for each in seen.of(events.ResourceDeleted))
    yield never(deleted, f"{CI} deleted", "it was", "a token that is switched off can be switched on again")
    other = tokens.get(KIOSK, {}).get("status", "enabled")
    yield never(other != "enabled", f"{KIOSK} switched off as well", other)
