"""What the first broken registry expects."""

from collections.abc import Iterator

from acrlab.course import Evidence, Finding, check, expect, never

REGISTRY, WEB = "contosobroken1", "shop/web"
HOST = f"{REGISTRY}.azurecr.io"


@check(
    "The build pulls again, with a token of its own",
    points=2,
    hints=(
        "The answer is the same for a token that is too old and for one that grants too little. lab.why() tells them "
        "apart.",
        "An access token of a registry lives 75 minutes. It is not renewed but bought anew: with a refresh token, or "
        "by "
        "signing in again. The SDK and az do it by themselves when they are asked to pull.",
        'registry = cloud.registry("contosobroken1", group=lab.group)\nregistry.pull("shop/web:1.0")',
    ),
)
def pulled(seen: Evidence) -> Iterator[Finding]:
    bought = [
        each for each in seen.exchanges if each.host == HOST and each.path == "/oauth2/token" and each.status == 200
    ]
    read = [each for each in seen.asked("GET", HOST, f"/v2/{WEB}/manifests/1.0") if each.status == 200]
    yield expect(bool(bought), "a new token", "a new token" if bought else "no token was asked for")
    yield expect(bool(read), f"a pull of {WEB}:1.0 that works", "it works" if read else "no pull has worked yet")
    put = [body["properties"] for body in seen.resources_put(REGISTRY)]
    admin = any(each.get("adminUserEnabled") for each in put)
    yield never(admin, "the admin user switched on", "it was switched on", "a password that never expires is no cure")
    anybody = any(each.get("anonymousPullEnabled") for each in put)
    yield never(anybody, "the registry opened to everybody", "anonymous pull was switched on", "nobody asked for that")
