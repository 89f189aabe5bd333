"""What every request must bring, and what every answer carries."""

import pytest

from acrlab.domain import projection
from tests.arm.cloud import NEWEST, STABLE, Cloud

NOBODY = "00000000-0000-0000-0000-000000000000"


def test_without_a_token_nothing_is_said(cloud: Cloud) -> None:
    answer = cloud.ask("GET", cloud.r, who="")
    assert (answer.status, answer.code) == (401, "AuthenticationFailed")
    assert answer.message == "Authentication failed. The 'Authorization' header is missing."
    assert answer.headers["www-authenticate"].startswith("Bearer authorization_uri=")


@pytest.mark.parametrize("bearer", ["Basic YTpi", "Bearer nonsense", "Bearer a.b.c", "Bearer"])
def test_a_token_has_to_hold(cloud: Cloud, bearer: str) -> None:
    assert cloud.ask("GET", cloud.r, who="", headers={"authorization": bearer}).status == 401


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (None, "MissingApiVersionParameter"),
        ("", "MissingApiVersionParameter"),
        ("latest", "InvalidApiVersionParameter"),
        ("2025-13-01", "InvalidApiVersionParameter"),
        ("2017-10-01", "NoRegisteredProviderFound"),
        ("2025-05-01", "NoRegisteredProviderFound"),
    ],
)
def test_api_versions_that_are_refused(cloud: Cloud, version: str | None, code: str) -> None:
    answer = cloud.ask("GET", f"{cloud.r}/contoso", version=version)
    assert (answer.status, answer.code) == (400, code)


def test_an_unsupported_version_lists_the_supported_ones(cloud: Cloud) -> None:
    message = cloud.ask("GET", cloud.r, version="2017-10-01").message
    assert "API version '2017-10-01' for type 'registries'. The supported api-versions are '2019-05-01, " in message


def test_a_newer_version_is_served_as_the_newest_and_says_so(cloud: Cloud) -> None:
    cloud.registry()
    answer = cloud.ask("GET", f"{cloud.r}/contoso", version="2031-01-01")
    assert answer.headers["x-acrlab-api-version-served"] == NEWEST
    assert answer.json == cloud.ask("GET", f"{cloud.r}/contoso", version=NEWEST).json


@pytest.mark.parametrize("version", projection.versions())
def test_every_version_is_served_as_itself(cloud: Cloud, version: str) -> None:
    assert cloud.registry(version=version).status == 201
    answer = cloud.ask("GET", f"{cloud.r}/contoso", version=version)
    assert answer.headers["api-supported-versions"] == version
    assert "x-acrlab-api-version-served" not in answer.headers
    assert ("softDeletePolicy" in answer.json["properties"]["policies"]) == (
        version >= "2022-02" and version.endswith("-preview")
    )


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/subscriptions/nonsense/resourceGroups", 400, "InvalidSubscriptionId"),
        (f"/subscriptions/{NOBODY}/resourceGroups", 404, "SubscriptionNotFound"),
        ("{s}/resourceGroups/none", 404, "ResourceGroupNotFound"),
        (
            "{s}/resourceGroups/none/providers/Microsoft.ContainerRegistry/registries/contoso",
            404,
            "ResourceGroupNotFound",
        ),
        ("{s}/resourceGroups/none/providers/Microsoft.ContainerRegistry/registries", 404, "ResourceGroupNotFound"),
        ("{s}/resourceGroups/none/resources", 404, "ResourceGroupNotFound"),
        ("{r}/contoso", 404, "ResourceNotFound"),
        ("{r}/contoso/operationStatuses/registries-none", 404, "ResourceNotFound"),
        ("{s}/providers/Microsoft.ContainerRegistry/locations/westus/operationResults/none", 404, "ResourceNotFound"),
        ("{s}/operationresults/none", 404, "ResourceNotFound"),
        ("{s}/providers/Microsoft.Nonsense", 404, "InvalidResourceNamespace"),
        ("{g}/providers/Microsoft.ContainerRegistry/nonsense/x", 404, "InvalidResourceType"),
        ("{g}/providers/Microsoft.Resources/deploymentScripts/x", 501, "NotEmulated"),
        ("{g}/providers/Microsoft.Compute/virtualMachines/x", 501, "NotEmulated"),
        ("{r}/contoso/privateLinkResources/other", 501, "NotEmulated"),
        ("{g}/nonsense", 404, "NotFound"),
        ("/", 404, "NotFound"),
    ],
)
def test_what_is_not_there(cloud: Cloud, path: str, status: int, code: str) -> None:
    answer = cloud.ask("GET", path.format(s=cloud.s, g=cloud.g, r=cloud.r))
    assert (answer.status, answer.code) == (status, code)


def test_a_missing_registry_in_the_words_of_the_service(cloud: Cloud) -> None:
    answer = cloud.ask("GET", f"{cloud.r}/contoso")
    assert answer.message == (
        "The Resource 'Microsoft.ContainerRegistry/registries/contoso' under resource group 'lab' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )
    assert "status" not in answer.json, "ARM speaks here, not the provider"


def test_a_refusal_names_the_operation_and_changes_nothing(cloud: Cloud) -> None:
    cloud.registry()
    before = cloud.world.version
    answer = cloud.ask("GET", f"{cloud.r}/contoso/privateLinkResources/other")
    assert (answer.status, answer.code) == (501, "NotEmulated")
    assert "Microsoft.ContainerRegistry/registries/privateLinkResources (GET)" in answer.message
    assert cloud.world.version == before


def test_a_method_that_a_path_does_not_have(cloud: Cloud) -> None:
    assert cloud.ask("POST", f"{cloud.r}/contoso", {}).status == 405


def test_paths_have_no_case_and_forgive_slashes(cloud: Cloud) -> None:
    cloud.registry()
    path = f"/{cloud.r}/contoso/".replace("resourceGroups", "RESOURCEgroups").replace("Microsoft.C", "microsoft.c")
    answer = cloud.ask("GET", path.replace("/lab/", "/LAB/").replace("contoso", "CONTOSO"))
    assert (answer.status, answer.json["id"]) == (200, f"{cloud.r}/contoso")


def test_the_headers_of_every_answer(cloud: Cloud) -> None:
    sent = {"x-ms-client-request-id": "mine", "x-ms-return-client-request-id": "true"}
    for answer in (cloud.ask("GET", cloud.r, headers=sent), cloud.ask("GET", f"{cloud.r}/none", headers=sent)):
        headers = answer.headers
        assert headers["x-ms-client-request-id"] == "mine"
        assert headers["cache-control"] == "no-cache"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-ms-ratelimit-remaining-subscription-reads"].isdecimal()
        assert {"x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id"} <= headers.keys()
        assert headers["api-supported-versions"] == STABLE
    assert "x-ms-client-request-id" not in cloud.ask("GET", cloud.r).headers
    write = cloud.ask("PUT", cloud.g, {"location": "westus"})
    assert "x-ms-ratelimit-remaining-subscription-writes" in write.headers


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b'{"a":' * 200_000 + b"1" + b"}" * 200_000]
)
def test_bodies_that_are_no_json_object(cloud: Cloud, raw: bytes) -> None:
    for method in ("PUT", "PATCH"):
        cloud.registry()
        answer = cloud.ask(method, f"{cloud.r}/contoso", raw=raw)
        assert (answer.status, answer.code) == (400, "InvalidRequestContent")
        assert answer.message.startswith("The request content was invalid and could not be deserialized: '")


def test_a_body_over_the_limit(cloud: Cloud) -> None:
    answer = cloud.ask("PUT", f"{cloud.r}/contoso", raw=b" " * (4 * 1024 * 1024 + 1))
    assert (answer.status, answer.code) == (413, "RequestEntityTooLarge")


def test_a_name_given_twice_counts_once_and_a_byte_order_mark_does_not_matter(cloud: Cloud) -> None:
    raw = b'\xef\xbb\xbf{"location":"eastus","location":"westus","sku":{"name":"Basic"}}'
    assert cloud.ask("PUT", f"{cloud.r}/contoso", raw=raw).json["location"] == "westus"


@pytest.mark.parametrize("text", ["x", "name eq", "name ne 'x'", "name eq 'x' or name eq 'y'", "colour eq 'red'"])
def test_filters_outside_the_grammar(cloud: Cloud, text: str) -> None:
    answer = cloud.ask("GET", f"{cloud.s}/resources", query=f"$filter={text}")
    assert (answer.status, answer.code) == (400, "InvalidFilterInQueryString")


@pytest.mark.parametrize("query", ["$top=0", "$top=-1", "$top=x", "$skiptoken=%ff"])
def test_pages_that_do_not_exist(cloud: Cloud, query: str) -> None:
    assert cloud.ask("GET", f"{cloud.s}/resources", query=query).status == 400
