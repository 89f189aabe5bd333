"""A registry that takes tokens for registries only, and a script that brings one for the control plane."""

from acrlab.client.display import Table, facts
from acrlab.course.rest import ARM, Rest

REGISTRY = "contosobroken2"


def begin(rest: Rest, group: str) -> None:
    """Switch off that tokens for Azure Resource Manager are taken as well."""
    policy = {"properties": {"policies": {"azureADAuthenticationAsArmPolicy": {"status": "disabled"}}}}
    rest.arm("PATCH", rest.registry_path(group, REGISTRY), policy)


def symptom(rest: Rest, group: str) -> Table:
    """Exchange a token as the script does."""
    host = f"{REGISTRY}.azurecr.io"
    form = {"grant_type": "access_token", "service": host, "access_token": rest.token(ARM)}
    answer = rest.session.post(f"https://{host}/oauth2/exchange", data=form)
    told = {} if answer.ok else {each["code"]: each["message"] for each in answer.json()["errors"]}
    return facts("", {"answer": str(answer.status_code), **told})
