"""What the second broken registry expects."""

from collections.abc import Iterator

from acrlab.course import Evidence, Finding, check, expect, never

REGISTRY, WEB = "contosobroken2", "shop/web"
HOST = f"{REGISTRY}.azurecr.io"
POLICY = "azureADAuthenticationAsArmPolicy"


@check(
    "The registry takes the token, and the image is pulled",
    points=2,
    hints=(
        "A token is made for one audience. Read for whom: lab.why() names both, the one it has and the one that is "
        "taken.",
        "Ask Entra for a token for https://containerregistry.azure.net instead of the control plane, and exchange "
        "that. The "
        "registry's policy is there on purpose. ContainerRegistryClient asks for the right audience by itself.",
        'registry = cloud.registry("contosobroken2", group=lab.group)\nregistry.pull("shop/web:1.0")',
    ),
)
def exchanged(seen: Evidence) -> Iterator[Finding]:
    taken = [each for each in seen.asked("POST", HOST, "/oauth2/exchange") if each.status == 200]
    yield expect(bool(taken), f"an exchange at {HOST} that works", "it works" if taken else "none has worked yet")
    read = [each for each in seen.asked("GET", HOST, f"/v2/{WEB}/manifests/1.0") if each.status == 200]
    yield expect(bool(read), f"{WEB}:1.0 pulled", "pulled" if read else "not pulled yet")
    put = [body["properties"] for body in seen.resources_put(REGISTRY)]
    weaker = any(each.get("policies", {}).get(POLICY, {}).get("status") == "enabled" for each in put)
    yield never(weaker, f"the policy {POLICY} switched on", "it was switched on", "mend the script, not the registry")
    admin = any(each.get("adminUserEnabled") for each in put)
    yield never(admin, "the admin user switched on", "it was switched on", "mend the script, not the registry")
