"""What a git host refuses, in the words that git and the hosts' clients show.

`code` is what Azure DevOps puts before the sentence.
"""

from acrlab.domain.arm_errors import ArmCondition
from acrlab.domain.errors import Condition


class HostingCondition(Condition):
    """A refusal of a git host."""

    status, oci, arm = 400, "BAD_REQUEST", "BadRequest"
    message = "{reason}"
    evidence, source = "inferred", ""


class HostedAddressInvalid(HostingCondition):
    """Neither OWNER/NAME nor a URL of one of the two hosts."""

    message = (
        "{address!r} is no repository of the hosts of this emulator: use OWNER/NAME, https://github.com/OWNER/NAME or "
        "https://dev.azure.com/ORGANIZATION/PROJECT/_git/NAME"
    )


class HostedExists(HostingCondition):
    """The name is taken."""

    status, oci, arm = 409, "CONFLICT", "Conflict"
    message = "{title} exists already at {host}"


class HostedUnknown(HostingCondition):
    """No such repository, or none that the caller may see."""

    status, oci, arm = 404, "NOT_FOUND", "NotFound"
    message = "Repository not found."
    evidence, source = "doc", "GitHub docs, Error: Repository not found (2025)"


class HostedUnauthenticated(HostingCondition):
    """No credential, or one that does not hold."""

    status, oci, arm = 401, "UNAUTHORIZED", "Unauthorized"
    source = "worded after the hosts' own answers; the realm is recorded in many public logs of git"


class HostedForbidden(HostingCondition):
    """The token's owner may not do that. Fields: title, user."""

    status, oci, arm = 403, "DENIED", "Forbidden"
    message = "Permission to {title}.git denied to {user}."
    evidence, source = "doc", "GitHub docs, Error: Permission to user/repo denied to other-user (2025)"


class HostedRefused(HostingCondition):
    """A request that git itself would not send."""

    message = "{reason}"


class HostedNotOurs(HostingCondition):
    """An object that no ref reaches. git says it inside a successful answer."""

    message = "upload-pack: not our ref {sha}"
    evidence, source = "spec", "git 2.47, upload-pack.c"


class HostedTooLarge(HostingCondition):
    """More than a push may bring."""

    status, oci, arm = 413, "TOO_LARGE", "RequestEntityTooLarge"
    message = "{reason}"
    evidence, source = "doc", "GitHub docs, repository limits (2025): 2 GiB a push, 100 MiB a file"


class HostedMissing(HostingCondition):
    """The host has the repository, and not what was asked for in it."""

    status, oci, arm = 404, "NOT_FOUND", "NotFound"
    message = "Not Found"
    evidence, source = "doc", "GitHub REST API, Not Found (2022-11-28)"


class HostedInvalid(HostingCondition):
    """A body that the host's API does not take. Fields: reason, resource, field, code."""

    status, oci, arm = 422, "VALIDATION_FAILED", "BadRequest"
    message = "{reason}"
    evidence, source = "doc", "GitHub REST API, validation errors (2022-11-28)"


class HostedNotMergeable(HostingCondition):
    """The pull request cannot be merged."""

    status, oci, arm = 405, "NOT_MERGEABLE", "Conflict"
    message = "Pull Request is not mergeable"
    evidence, source = "doc", "GitHub REST API, merge a pull request (2022-11-28)"


class HostedMoved(HostingCondition):
    """The head of the pull request is no longer the commit that was named."""

    status, oci, arm = 409, "CONFLICT", "Conflict"
    message = "Head branch was modified. Review and try the merge again."
    evidence, source = "doc", "GitHub REST API, merge a pull request (2022-11-28)"


class SourceWatchFailed(ArmCondition):
    """ACR could not register its webhook at the git host. Fields: repository, host, code, detail.

    Source: azure-cli#23643 (2022-08) and #26675 (2023-06); azure-docs.de-de#730 (2020-11) has the missing scope.
    """

    status, arm = 409, "ProviderCall"
    evidence, source = "recorded", "azure-cli#23643 (2022-08), #26675 (2023-06); azure-docs.de-de#730 (2020-11)"
    message = (
        "Failed to create webhook for repository: '{repository}'. For more information on how to create source "
        "triggers see the tutorial https://aka.ms/acr/tasks/tutorial-git-trigger.. InnerErrors: Request:{detail}"
    )

    def __init__(self, **fields: object) -> None:
        details = [{"code": fields["code"], "message": None, "target": None}]
        super().__init__(**fields, target=fields["host"], details=details)


class SourceNotThere(SourceWatchFailed):
    """The host knows no such repository, or the token may not administer its hooks. Source: azure-docs.de-de#730."""

    status = 404
