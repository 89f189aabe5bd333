"""What the fifth broken registry expects."""

from collections.abc import Iterator

from acrlab.course import Evidence, Finding, check, expect, never

REGISTRY, WEB = "contosobroken5", "shop/web"
HOST, WRONG = f"{REGISTRY}.azurecr.io", "contosobroken.azurecr.io"
RIGHT = f"{HOST}/{WEB}:1.0"


@check(
    "The image is pulled from where it is",
    points=1,
    hints=(
        "404 from a host that answers for every name: is it the image that is missing, or the registry?",
        "Ask for the registry's login server (registry.login_server, az acr show --query loginServer) and compare "
        "it, letter "
        "by letter, with what the deployment says. Then pull.",
        'registry = cloud.registry("contosobroken5", group=lab.group)\nregistry.pull("shop/web:1.0")',
    ),
)
def pulled(seen: Evidence) -> Iterator[Finding]:
    read = [each for each in seen.asked("GET", HOST, f"/v2/{WEB}/manifests/1.0") if each.status == 200]
    yield expect(bool(read), f"{WEB}:1.0 pulled from its registry", "pulled" if read else "not pulled yet")


@check(
    "The deployment names the right login server",
    points=2,
    hints=(
        "The deployment reads the Azure tag image of the registry resource.",
        "Write the whole reference without a scheme: login server, repository, tag. Do not create a registry of the "
        "wrong "
        "name, however tempting it is.",
        'image = f"{registry.login_server}/shop/web:1.0"\n'
        'cloud.arm.registries.begin_update(lab.group, "contosobroken5", {"tags": {"image": image}}).result()',
    ),
)
def corrected(seen: Evidence) -> Iterator[Finding]:
    given = seen.tags(REGISTRY).get("image", "")
    actual = "right" if given == RIGHT else repr(given[:80]) if given else "no such Azure tag"
    yield expect(given == RIGHT, f"image = the reference of {WEB}:1.0 at the registry's login server", actual)
    made = WRONG in seen.state.login_servers
    yield never(
        made, "a registry made for the misspelled name", "there is one now", "two registries are not one mended name"
    )
