"""What a request for a deployment brings along: the template, or where it is, and the values of its parameters.

A link leads to a public repository of this world's git hosts and nowhere else: nothing is fetched from outside.
Source: linked-templates, key-vault-parameter (2025); raw.githubusercontent.com/owner/name/ref/path.
"""

import re
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from acrlab.domain.authorization_errors import AuthorizationFailed
from acrlab.domain.errors import BodyInvalid, Condition, NotEmulated
from acrlab.domain.hosting import GITHUB, Address
from acrlab.domain.resource_id import parse
from acrlab.domain.templates import lenient
from acrlab.domain.templates.errors import ContentLinkInvalid, ParameterReferenceInvalid, TemplateInvalid
from acrlab.domain.templates.template import require
from acrlab.engine import authorization, resources
from acrlab.engine.ask import Ask
from acrlab.engine.hosting import repositories
from acrlab.engine.vaults import items, vault
from acrlab.engine.world import World

LARGEST = 4 * 1024 * 1024  # bytes. Source: ARM limits, template size
RAW = "raw.githubusercontent.com"
COMMIT = re.compile(r"[0-9a-f]{40}")


def template(ask: Ask, properties: dict[str, Any], base: str) -> tuple[dict[str, Any], str]:
    """The template, and the address it came from. `base` is the address of the one around it.

    Raises: BodyInvalid, ContentLinkInvalid, TemplateInvalid, NotEmulated.
    """
    given, link = properties.get("template"), properties.get("templateLink")
    if given is not None:
        return dict(require(given, dict, "template")), base
    if link is None:
        raise BodyInvalid(reason="Required property 'template' not found in JSON. Path 'properties'.")
    address = _address(link, base)
    return dict(require(_fetched(ask.world, address), dict, "template")), address


def _address(link: Any, base: str) -> str:
    if not isinstance(link, dict) or link.get("id"):
        raise NotEmulated(what="template specs")
    uri, relative = link.get("uri"), link.get("relativePath")
    if isinstance(uri, str):
        return uri
    if isinstance(relative, str) and base:
        return _joined(base, relative)
    raise TemplateInvalid(reason="a templateLink has a uri, or a relativePath where its template came from a uri")


def _joined(base: str, relative: str) -> str:
    try:
        return urljoin(base, relative)
    except ValueError:
        raise TemplateInvalid(reason="the relativePath of a templateLink is no path") from None


def _fetched(world: World, uri: str) -> Any:
    """The JSON at an address. Raises: ContentLinkInvalid."""
    refusal = ContentLinkInvalid(uri=uri[:300], tracking=world.uuid())
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise refusal.why("it is no address") from None
    steps = [unquote(each) for each in parts.path.split("/")[1:]]
    if parts.hostname in (GITHUB, f"www.{GITHUB}") and len(steps) > 4 and steps[2] in ("raw", "blob"):
        del steps[2]
    elif parts.hostname != RAW or len(steps) < 4:
        raise refusal.why(f"templates are fetched from {RAW} and {GITHUB} alone, as repositories of this emulator")
    if steps[2:4] == ["refs", "heads"]:
        del steps[2:4]
    owner, name, ref, *path = steps
    hosted = repositories.at(world, Address(GITHUB, owner, "", name.removesuffix(".git")))
    if hosted is None or hosted.private:
        raise refusal.why(f"this emulator has no public repository {owner}/{name}: acrlab git create makes it")
    branches = (f"refs/heads/{ref}", f"refs/tags/{ref}")
    commit = next((hosted.refs[each] for each in branches if each in hosted.refs), ref)
    if not COMMIT.fullmatch(commit):
        raise refusal.why(f"{owner}/{name} has no branch, tag or commit {ref}")
    try:
        with world.git.open(hosted.id) as objects:
            data, _ = objects.file(objects.peel(commit), "/".join(path))
    except (Condition, KeyError, ValueError):
        raise refusal.why(f"{owner}/{name} has no {'/'.join(path)} at {ref}") from None
    if len(data) > LARGEST:
        raise refusal.why(f"it has more than {LARGEST} bytes")
    return lenient.decode(data)


def parameters(ask: Ask, properties: dict[str, Any], base: str) -> dict[str, Any]:
    """The values of parameters, secrets of key vaults among them.

    Raises: BodyInvalid, ContentLinkInvalid, ParameterReferenceInvalid, TemplateInvalid.
    """
    link = properties.get("parametersLink")
    given = properties.get("parameters") or {}
    if link is not None:
        given = require(_fetched(ask.world, _address(link, base)), dict, "parameters").get("parameters", {})
    found = require(given, dict, "parameters")
    return {name: _valued(ask, name, each) for name, each in found.items()}


def _valued(ask: Ask, name: str, each: Any) -> Any:
    wanted = each.get("reference") if isinstance(each, dict) else None
    if not isinstance(wanted, dict):
        return each
    home, secret = wanted.get("keyVault"), wanted.get("secretName")
    id = home.get("id") if isinstance(home, dict) else None
    if not isinstance(id, str) or not isinstance(secret, str):
        raise TemplateInvalid(reason=f"the reference of the parameter '{name[:100]}' has no key vault or no secret")
    return {"value": _secret(ask, id, secret, str(wanted.get("secretVersion") or ""))}


def _secret(ask: Ask, id: str, secret: str, version: str) -> str:
    """A secret that the deployer may use. Raises: ParameterReferenceInvalid, AuthorizationFailed."""
    action, found = "Microsoft.KeyVault/vaults/deploy/action", resources.find(ask.world, parse(id))
    refusal = ParameterReferenceInvalid(vault=id[:300], secret=secret[:127])
    if found is None or parse(id).type.lower() != vault.TYPE.lower():
        raise refusal.why("there is no such key vault")
    if not found.body["properties"].get("enabledForTemplateDeployment"):
        raise refusal.why("the vault is not enabledForTemplateDeployment: az keyvault update turns it on")
    verdict = authorization.permits(ask.world, ask.principal, action, found.id)
    if not verdict.allowed:
        raise AuthorizationFailed(
            client=ask.principal.app_id, id=ask.principal.id, action=action, scope=found.id
        ).why(*verdict.because)  # fmt: skip
    try:
        return items.read_secret(ask.world, found, secret, version)[1].secret
    except Condition as missing:
        raise refusal.why(missing.text) from None
