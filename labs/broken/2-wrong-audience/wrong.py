"""Wrong answers: the registry bent to the script, or another wrong token."""

from acrlab.course.proof import SOLVED, Bench, wrong
from acrlab.course.rest import ACR, GRAPH

REGISTRY, WEB = "contosobroken2", "shop/web"
HOST = f"{REGISTRY}.azurecr.io"


@wrong("exchanged", "the policy switched on for a moment", after=SOLVED)
def policy(bench: Bench) -> None:
    path = bench.rest.registry_path(bench.lab.group, REGISTRY)
    for status in ("enabled", "disabled"):
        body = {"properties": {"policies": {"azureADAuthenticationAsArmPolicy": {"status": status}}}}
        bench.rest.arm("PATCH", path, body)


@wrong("exchanged", "the admin user", after=SOLVED)
def admin(bench: Bench) -> None:
    bench.change(REGISTRY, {"properties": {"adminUserEnabled": True}})


@wrong("exchanged", "a token for Microsoft Graph")
def graph(bench: Bench) -> None:
    form = {"grant_type": "access_token", "service": HOST, "access_token": bench.rest.token(GRAPH)}
    assert bench.rest.session.post(f"https://{HOST}/oauth2/exchange", data=form).status_code == 401


@wrong("exchanged", "exchanged, and never pulled")
def unused(bench: Bench) -> None:
    form = {"grant_type": "access_token", "service": HOST, "access_token": bench.rest.token(ACR)}
    assert bench.rest.session.post(f"https://{HOST}/oauth2/exchange", data=form).ok
