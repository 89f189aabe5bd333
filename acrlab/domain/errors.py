"""Conditions: every refusal has one class, its codes in each dialect, and its evidence.

The engine raises them with fields; `wire.dialects` alone turns them into ARM, OCI or OAuth JSON.
`evidence` is one of spec, recorded, doc, inferred.
"""

from typing import Any, ClassVar


class Condition(Exception):
    """Something the service refuses, with the fields that say why."""

    status: ClassVar[int] = 400
    oci: ClassVar[str] = "UNSUPPORTED"
    arm: ClassVar[str] = "BadRequest"
    message: ClassVar[str] = ""
    evidence: ClassVar[str] = "inferred"
    source: ClassVar[str] = ""

    def __init__(self, **fields: Any) -> None:
        super().__init__(fields)
        self.fields = fields
        self.because: list[str] = []

    @property
    def text(self) -> str:
        """The sentence the caller reads."""
        return self.message.format_map(self.fields)

    @property
    def detail(self) -> Any:
        """What OCI errors carry in `detail`."""
        return self.fields.get("detail")

    def why(self, *reasons: str) -> "Condition":
        """Add links to the chain that `acrlab why` prints."""
        self.because.extend(reasons)
        return self

    def __str__(self) -> str:
        return f"{self.oci}: {self.text}"


class NameInvalid(Condition):
    """A repository name outside the grammar."""

    status, oci = 400, "NAME_INVALID"
    message = "invalid repository name"
    evidence, source = "spec", "OCI distribution-spec v1.1, code-5"

    @property
    def detail(self) -> Any:
        return {"name": self.fields["name"]}


class NameUnknown(Condition):
    """The registry has no such repository."""

    status, oci = 404, "NAME_UNKNOWN"
    message = 'repository "{name}" is not found'
    evidence, source = "recorded", "azure-sdk-for-net#22826 (2021-07)"

    @property
    def detail(self) -> Any:
        return {"name": self.fields["name"]}


class TagInvalid(Condition):
    """A tag outside the grammar."""

    status, oci = 400, "TAG_INVALID"
    message = (
        'tag "{tag}" is invalid: up to 128 letters, digits, underscores, periods and dashes, a word character first'
    )
    evidence, source = "spec", "OCI distribution-spec v1.1, Pulling manifests"


class TagUnknown(Condition):
    """The repository has no such tag."""

    status, oci = 404, "TAG_UNKNOWN"
    message = 'the specified tag "{tag}" does not exist'
    evidence = "inferred"


class ManifestUnknown(Condition):
    """The repository has no manifest with this tag or digest."""

    status, oci = 404, "MANIFEST_UNKNOWN"
    evidence, source = "recorded", "container-registry support articles (2024-07); public logs 2023-2026"

    @property
    def text(self) -> str:
        reference = self.fields["reference"]
        return (
            f"manifest {reference} is not found"
            if ":" in reference
            else f'manifest tagged by "{reference}" is not found'
        )

    @property
    def detail(self) -> Any:
        reference = self.fields["reference"]
        return {"Digest" if ":" in reference else "Tag": reference}


class ManifestInvalid(Condition):
    """The bytes are not a manifest of the media type they claim."""

    status, oci = 400, "MANIFEST_INVALID"
    message = "manifest invalid: {reason}"
    evidence, source = "spec", "OCI distribution-spec v1.1, code-4"


class ManifestBlobUnknown(Condition):
    """The manifest names a blob or a manifest that the repository does not hold."""

    status, oci = 404, "MANIFEST_BLOB_UNKNOWN"
    message = "manifest references content the repository does not hold: {digest}"
    evidence, source = "spec", "OCI distribution-spec v1.1, code-1 and Pushing manifests"

    @property
    def detail(self) -> Any:
        return {"Digest": self.fields["digest"]}


class BlobUnknown(Condition):
    """The repository has no such blob."""

    status, oci = 404, "BLOB_UNKNOWN"
    message = "blob unknown to registry"
    evidence, source = "spec", "OCI distribution-spec v1.1, code-1"

    @property
    def detail(self) -> Any:
        return {"Digest": self.fields["digest"]}


class BlobUploadUnknown(Condition):
    """The upload was never started, is finished, cancelled, or belongs elsewhere."""

    status, oci = 404, "BLOB_UPLOAD_UNKNOWN"
    message = "blob upload unknown to registry"
    evidence, source = "spec", "OCI distribution-spec v1.1, code-3"


class BlobUploadInvalid(Condition):
    """The upload cannot go on like this."""

    status, oci = 400, "BLOB_UPLOAD_INVALID"
    message = "blob upload invalid: {reason}"
    evidence, source = "spec", "OCI distribution-spec v1.1, code-2"


class RangeInvalid(Condition):
    """A chunk out of order, or a range outside the content."""

    status, oci = 416, "BLOB_UPLOAD_INVALID"
    message = "range not satisfiable: {reason}"
    evidence, source = "spec", "OCI distribution-spec v1.1, Pushing a blob in chunks"


class DigestInvalid(Condition):
    """A malformed digest, or one that the content does not have."""

    status, oci = 400, "DIGEST_INVALID"
    evidence, source = "spec", "OCI distribution-spec v1.1, code-6"

    @property
    def text(self) -> str:
        if "actual" in self.fields:
            announced, actual = self.fields["digest"], self.fields["actual"]
            return f"provided digest did not match uploaded content: expected {announced}, got {actual}"
        return f'digest "{self.fields["digest"]}" is invalid'


class DigestUnsupported(DigestInvalid):
    """A digest of an algorithm the registry does not compute."""

    @property
    def text(self) -> str:
        return f'digest algorithm "{self.fields["algorithm"]}" is not supported: use sha256 or sha512'


class TooLarge(Condition):
    """More bytes than the route takes."""

    status, oci, arm = 413, "SIZE_INVALID", "RequestEntityTooLarge"
    message = "the body exceeds the limit of {limit} bytes"
    evidence, source = "doc", "container-registry-skus limits, manifest size 4 MiB (2026-02-10)"


class ParameterInvalid(Condition):
    """A query parameter outside its values."""

    status, oci, arm = 400, "PAGINATION_NUMBER_INVALID", "InvalidParameter"
    message = 'invalid value "{value}" for parameter {name}: {reason}'


class BodyInvalid(Condition):
    """A body that is not what the route takes."""

    status, oci, arm = 400, "INVALID_REQUEST", "InvalidRequestContent"
    message = "The request content was invalid and could not be deserialized: '{reason}'."


class DisallowedOperation(Condition):
    """A lock, a quarantine or a full registry forbids it."""

    status, oci = 405, "REGISTRY_DISALLOWED_OPERATION"
    message = (
        "The operation is disallowed on this registry, repository or image. View troubleshooting steps at "
        "https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation"
    )
    evidence, source = "recorded", "azure-sdk-for-net#22827 (2021), support article (2024-10)"

    @property
    def detail(self) -> Any:
        return {}


class MethodUnsupported(Condition):
    """The path exists, the method does not."""

    status, oci, arm = 405, "UNSUPPORTED", "MethodNotAllowed"
    message = "The operation is unsupported: {method} {path}"
    evidence, source = "spec", "OCI distribution-spec v1.1, code-14"


class RouteUnknown(Condition):
    """Nothing answers at this path."""

    status, oci, arm = 404, "RESOURCE_UNKNOWN", "NotFound"
    message = "nothing answers at {path}"


class Unauthenticated(Condition):
    """No credential, or one that does not hold, for what was asked."""

    status, oci, arm = 401, "UNAUTHORIZED", "AuthenticationFailed"
    message = "authentication required, visit https://aka.ms/acr/authorization for more information."
    evidence, source = "recorded", "SupportArticles acr-authentication-errors (2024)"


class TooManyRequests(Condition):
    """A bucket of requests is empty. Fields: headers, with Retry-After."""

    status, oci, arm = 429, "TOOMANYREQUESTS", "TooManyRequests"
    message = (
        "Too many requests. Please visit https://aka.ms/acr/skus#sku-feature-matrix to view limits of all service "
        "tiers."
    )
    evidence, source = "recorded", "microsoft/containerregistry#108 (2022-03); buckets: container-registry-skus (2026)"


class RegistryUnknown(Condition):
    """No registry answers at this login server."""

    status, oci, arm = 404, "NAME_UNKNOWN", "ResourceNotFound"
    message = "no registry has the login server {host}: create it, or check the spelling"
    evidence = "inferred"


class NotEmulated(Condition):
    """Exists in Azure, refused here: acrlab does not pretend."""

    status, oci, arm = 501, "UNSUPPORTED", "NotEmulated"
    message = "acrlab does not emulate {what}. Nothing was done, and nothing was sent to Azure."
    evidence, source = "inferred", "acrlab itself"


class StorageFailed(Condition):
    """The bytes could not be kept: the disk is full or broken."""

    status, oci, arm = 503, "UNAVAILABLE", "ServiceUnavailable"
    message = "acrlab could not store the content: {reason}. What was acknowledged before is safe."
    evidence, source = "inferred", "acrlab itself"


class JournalUnavailable(Condition):
    """The write could not be made durable, so it was not acknowledged."""

    status, oci, arm = 503, "UNAVAILABLE", "ServiceUnavailable"
    message = "acrlab could not write its journal: {reason}"
    evidence, source = "inferred", "acrlab itself"
