"""What lab 04 expects of the registry contosolab04 and of the directory."""

from collections.abc import Iterator

from acrlab.course import Evidence, Finding, check, expect, never
from acrlab.course.evidence import Exchange

REGISTRY, WEB = "contosolab04", "shop/web"
HOST = f"{REGISTRY}.azurecr.io"
DEPLOY, BUILD = "lab04-deploy", "lab04-build"
MINUTES, HOURS = "75", "3"  # of an access token and of a refresh token. Source: recorded tokens; authentication (2026)


@check(
    "The admin user is off",
    points=1,
    step=1,
    hints=(
        "Somebody left a shared password switched on. It is one property of the registry.",
        "az acr update --admin-enabled false, or begin_update with admin_user_enabled=False.",
        "from azure.mgmt.containerregistry.models import RegistryUpdateParameters\n"
        "off = RegistryUpdateParameters(admin_user_enabled=False)\n"
        'cloud.arm.registries.begin_update(lab.group, "contosolab04", off).result()',
    ),
)
def admin(seen: Evidence) -> Iterator[Finding]:
    found = seen.resource(REGISTRY).get("properties", {})
    on = found.get("adminUserEnabled")
    yield expect(on is False, "the admin user disabled", "enabled" if on else "disabled" if found else "no registry")


@check(
    "lab04-deploy may pull, from this registry, and nothing else",
    points=3,
    step=2,
    hints=(
        "Two questions: which role is the smallest that pulls, and where does it have to hold?",
        "AcrPull, at the scope of the registry (its resource id), for the object id of the service principal. "
        "Reader would do in this registry too, and would show everything else of it besides.",
        "authorization.role_assignments.create(registry.properties.id, str(uuid.uuid4()), {\n"
        '    "role_definition_id": role("AcrPull"), "principal_id": lab.object_id("lab04-deploy"),\n'
        '    "principal_type": "ServicePrincipal"})',
    ),
)
def deploy(seen: Evidence) -> Iterator[Finding]:
    yield from _holds(seen, DEPLOY, "AcrPull")


@check(
    "lab04-build may push to this registry, and nothing else",
    points=2,
    step=2,
    hints=(
        "The same again, with one role more than pulling. One role, not two: look at what it includes.",
        "AcrPush includes pulling. Contributor would let the build delete the registry.",
        "authorization.role_assignments.create(registry.properties.id, str(uuid.uuid4()), {\n"
        '    "role_definition_id": role("AcrPush"), "principal_id": lab.object_id("lab04-build"),\n'
        '    "principal_type": "ServicePrincipal"})',
    ),
)
def build(seen: Evidence) -> Iterator[Finding]:
    yield from _holds(seen, BUILD, "AcrPush")


def _holds(seen: Evidence, name: str, role: str) -> Iterator[Finding]:
    held = seen.assignments(name)
    scope = f"/registries/{REGISTRY}"
    mine = [each for each in held if each.role == role and each.scope.endswith(scope)]
    told = ", ".join(sorted(f"{each.role} at {_place(each.scope)}" for each in held)) or "no role at all"
    yield expect(bool(mine), f"{name} holds {role} at the registry {REGISTRY}", told)
    more = [each for each in held if each not in mine]
    yield never(bool(more), f"{name} holding anything else", told, "a smaller role, or a smaller scope, does as well")


def _place(scope: str) -> str:
    kinds = {4: "its resource group", 2: "the subscription"}
    parts = scope.strip("/").split("/")
    return kinds.get(len(parts), f"{parts[-2]}/{parts[-1]}" if len(parts) > 1 else scope)


@check(
    "lab04-deploy pulled shop/web, and its push was refused",
    points=2,
    step=3,
    hints=(
        "A permission is proved by using it, and a missing one by being refused.",
        "Sign in as the application (lab.sign_in gives you a credential with a new secret), read the manifest of "
        "shop/web:1.0, then try to push anything to shop/web. The refusal is a 401 that says insufficient_scope.",
        'with ContainerRegistryClient("https://contosolab04.azurecr.io", lab.sign_in("lab04-deploy")) as client:\n'
        '    client.get_manifest("shop/web", "1.0")\n'
        '    try:\n        client.upload_blob("shop/web", io.BytesIO(b"mine"))\n'
        "    except HttpResponseError as refusal:\n        print(refusal.status_code)",
    ),
)
def proved(seen: Evidence) -> Iterator[Finding]:
    own = [each for each in seen.exchanges if each.host == HOST and each.principal == DEPLOY]
    pulled = [
        each for each in own if each.method == "GET" and f"/v2/{WEB}/manifests/" in each.path and each.status == 200
    ]
    refused = [each for each in own if _is_push(each) and each.status in (401, 403)]
    pushed = [each for each in own if _is_push(each) and each.status < 400]
    yield expect(bool(pulled), f"a manifest of {WEB} read by {DEPLOY}", "read" if pulled else "not read by it")
    yield expect(bool(refused), f"a push to {WEB} by {DEPLOY} that was refused", "refused" if refused else "none")
    yield never(bool(pushed), f"a push by {DEPLOY} that went through", "one went through", "it holds more than AcrPull")


def _is_push(each: Exchange) -> bool:
    return each.method in ("POST", "PUT") and each.path.startswith(f"/v2/{WEB}/")


@check(
    "What its tokens say is written down",
    points=2,
    step=4,
    hints=(
        "A token is three parts between dots. The middle one is JSON in base64, and anybody may read it.",
        "Get a refresh token for lab04-deploy (POST /oauth2/exchange), then an access token for "
        "repository:shop/web:pull,push "
        "(POST /oauth2/token). iat and exp are seconds; access says which actions were granted of those you asked "
        "for. Write "
        "the Azure tags granted, access-minutes and refresh-hours on the registry.",
        'tags = {"granted": "pull", "access-minutes": "75", "refresh-hours": "3"}\n'
        'cloud.arm.registries.begin_update(lab.group, "contosolab04", {"tags": tags}).result()',
    ),
)
def read(seen: Evidence) -> Iterator[Finding]:
    given = seen.tags(REGISTRY)
    for name, wanted in (("granted", "pull"), ("access-minutes", MINUTES), ("refresh-hours", HOURS)):
        value = given.get(name, "")
        actual = "no such Azure tag" if not value else "right" if value == wanted else f"{value[:30]!r}"
        yield expect(value == wanted, f"the Azure tag {name} says what the token says", actual)
    got = [each for each in seen.asked("POST", HOST, "/oauth2/token") if each.status == 200]
    yield never(
        bool(given) and not got, "an answer without a token", "no token was asked for", "read one, do not guess"
    )
