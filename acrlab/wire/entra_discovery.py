"""How clients find their way: a tenant's configuration, its key, the names of the cloud, a user's realm.

Source: entra-docs v2-protocols-oidc (2025); msal 1.39 authority discovery; observed, azure-cli 2.91.0.
"""

from acrlab.domain.entra_errors import AuthorityUnknown
from acrlab.engine import directory, entra
from acrlab.wire import http
from acrlab.wire.call import Call
from acrlab.wire.http import Response

HOST = "https://login.microsoftonline.com"
HOSTS = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]


def configuration(call: Call) -> Response:
    """What the tenant's version 2 endpoint offers."""
    return _configuration(call, "v2.0")


def configuration_v1(call: Call) -> Response:
    """What the tenant's version 1 endpoint offers."""
    return _configuration(call, "")


def _configuration(call: Call, version: str) -> Response:
    name = call.params["tenant"]
    tenant = entra.tenant(call.world, name)
    shared = name.lower() in entra.SHARED_TENANTS
    own = name.lower() if shared else tenant
    issuer = "{tenantid}" if shared else tenant
    base = f"{call.request.base}/{own}"
    middle = f"/{version}" if version else ""
    return http.json(200, {
        "token_endpoint": f"{base}/oauth2{middle}/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery{middle}/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{HOST}/{issuer}/v2.0" if version else f"https://sts.windows.net/{issuer}/",
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{base}/oauth2{middle}/authorize",
        "device_authorization_endpoint": f"{base}/oauth2{middle}/devicecode",
        "end_session_endpoint": f"{base}/oauth2{middle}/logout",
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver"],
        "tenant_region_scope": "NA",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    })  # fmt: skip


def keys(call: Call) -> Response:
    """The public key that access tokens can be verified with."""
    entra.tenant(call.world, call.params["tenant"])
    key = call.world.keys.jwk(entra.KEY)
    return http.json(200, {"keys": [{**key, "x5t": key["kid"], "issuer": f"{HOST}/{call.world.state.tenant}/v2.0"}]})


def instance(call: Call) -> Response:
    """Which host names mean the same cloud. Source: msal 1.39 authority discovery."""
    endpoint = call.request.parameters().get("authorization_endpoint", "")
    scheme, _, rest = endpoint.partition("://")
    host, _, path = rest.partition("/")
    if scheme != "https" or host.lower() not in HOSTS:
        raise AuthorityUnknown().why(f"the authority {endpoint[:200]} is none of {', '.join(HOSTS)}")
    tenant = path.partition("/")[0] or "common"
    return http.json(200, {
        "tenant_discovery_endpoint": f"{HOST}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [
            {"preferred_network": HOSTS[0], "preferred_cache": "login.windows.net", "aliases": HOSTS},
        ],
    })  # fmt: skip


def realm(call: Call) -> Response:
    """Where a user's password is judged: here, never at a federated server."""
    name = call.params.get("user") or call.request.parameters().get("user", "")
    domain = name.rpartition("@")[2].lower()
    if domain != directory.DOMAIN:
        return http.json(200, {"ver": "1.0", "account_type": "Unknown", "cloud_instance_name": "microsoftonline.com"})
    return http.json(200, {
        "ver": "1.0", "account_type": "Managed", "domain_name": domain, "cloud_instance_name": "microsoftonline.com",
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    })  # fmt: skip
