"""The one place that turns a condition into JSON: OCI, ARM, OAuth."""

from acrlab.domain.errors import Condition
from acrlab.wire import http
from acrlab.wire.http import Response


def oci(condition: Condition) -> Response:
    """`{"errors":[{"code","message","detail"}]}`. Source: OCI distribution-spec v1.1, Error Codes."""
    error = {"code": condition.oci, "message": condition.text}
    if condition.detail is not None:
        error["detail"] = condition.detail
    return http.json(condition.status, {"errors": [error]}, *extra(condition))


def arm(condition: Condition) -> Response:
    """`{"error":{"code","message"}}`. Source: ARM RPC, error responses; recordings."""
    error = {"code": condition.arm, "message": condition.text}
    for name in ("target", "details", "additionalInfo"):
        if name in condition.fields:
            error[name] = condition.fields[name]
    body: dict[str, object] = {"error": error}
    if condition.fields.get("failed"):
        body["status"] = "Failed"  # as the resource provider, unlike ARM itself, ends its errors
    return http.json(condition.status, body, *extra(condition))


def extra(condition: Condition) -> list[tuple[str, str]]:
    """Headers that a condition brings along: the challenge, the allowed methods."""
    headers: list[tuple[str, str]] = list(condition.fields.get("headers", ()))
    if "allow" in condition.fields:
        headers.append(("allow", ", ".join(condition.fields["allow"])))
    return headers


def code(condition: Condition, plane: str) -> str:
    """The code as the plane spells it."""
    return condition.arm if plane == "arm" else condition.oci
