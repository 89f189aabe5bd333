"""Roles: wildcard rules, exclusions, and every role against every operation in both modes.

The expectations are this file's own copy of what the documents say each role can and cannot do.
"""

import pytest

from acrlab.domain import roles
from acrlab.domain.roles import ABAC, BUILTIN, LEGACY, OPERATIONS, RoleDefinition

P = "Microsoft.ContainerRegistry/registries"

READING = {"pull", "metadata_read", "referrers_read", "streaming_read"}
EVERYTHING = set(roles.operations())

# Exactly these operations, in legacy mode. Roles that are not listed: none.
LEGACY_CAN = {
    "Owner": EVERYTHING,
    "Contributor": EVERYTHING,
    "Reader": READING | {"catalog", "locks_read", "deleted_read", "quarantine_read"},
    # */read covers pull/read: whoever reads every resource also pulls, in this mode
    "User Access Administrator": READING | {"catalog", "locks_read", "deleted_read", "quarantine_read"},
    "Role Based Access Control Administrator": READING | {"catalog", "locks_read", "deleted_read", "quarantine_read"},
    "AcrPull": READING | {"catalog"},
    "AcrPush": READING | {"catalog", "push", "untag", "referrers_write", "referrers_delete", "streaming_enable"},
    "AcrDelete": {"delete", "untag", "referrers_delete", "streaming_disable"},
    "AcrImageSigner": {"sign"},
    "AcrQuarantineReader": {"quarantine_read"},
    "AcrQuarantineWriter": {"quarantine_read", "quarantine_write"},
    "Container Registry Data Importer and Data Reader": READING | {"catalog"},
}

# Exactly these, in ABAC mode.
ABAC_CAN = {
    "AcrQuarantineReader": {"quarantine_read"},
    "AcrQuarantineWriter": {"quarantine_read", "quarantine_write"},
    "Container Registry Repository Reader": READING | {"locks_read"},
    "Container Registry Repository Writer": READING
    | {"locks_read", "push", "untag", "referrers_write", "metadata_write", "streaming_enable"},
    "Container Registry Repository Contributor": EVERYTHING
    - {
        "catalog",
        "quarantine_read",
        "quarantine_write",
        "deleted_read",
        "deleted_restore",
        "sign",
    },
    "Container Registry Repository Catalog Lister": {"catalog"},
    "Container Registry Data Importer and Data Reader": READING | {"catalog", "locks_read"},
}

# What the documents say in words, for the mode a role is meant for.
CAN = [
    (LEGACY, "AcrPull", "pull metadata_read referrers_read catalog streaming_read"),
    (LEGACY, "AcrPush", "pull push untag catalog referrers_write referrers_read referrers_delete"),
    (LEGACY, "AcrPush", "streaming_enable"),
    (LEGACY, "AcrDelete", "delete untag"),
    (LEGACY, "AcrImageSigner", "sign"),
    (LEGACY, "AcrQuarantineReader", "quarantine_read"),
    (LEGACY, "AcrQuarantineWriter", "quarantine_read quarantine_write"),
    (LEGACY, "Owner", "locks_read metadata_write quarantine_write deleted_restore sign"),
    (LEGACY, "Reader", "pull metadata_read catalog locks_read quarantine_read deleted_read"),
    (ABAC, "Container Registry Repository Reader", "pull metadata_read referrers_read locks_read"),
    (
        ABAC,
        "Container Registry Repository Writer",
        "pull push untag referrers_write metadata_write",
    ),
    (ABAC, "Container Registry Repository Writer", "streaming_enable"),
    (ABAC, "Container Registry Repository Contributor", "pull push delete untag referrers_delete"),
    (ABAC, "Container Registry Repository Contributor", "metadata_write streaming_disable"),
    (ABAC, "Container Registry Repository Catalog Lister", "catalog"),
    (ABAC, "Container Registry Data Importer and Data Reader", "pull metadata_read catalog"),
    (LEGACY, "Container Registry Data Importer and Data Reader", "pull catalog referrers_read"),
]
CANNOT = [
    (LEGACY, "AcrPull", "locks_read metadata_write push delete quarantine_read deleted_read"),
    (LEGACY, "AcrPush", "delete locks_read metadata_write quarantine_read deleted_read"),
    (LEGACY, "AcrPush", "streaming_disable"),
    (LEGACY, "AcrDelete", "pull push"),
    (LEGACY, "Reader", "push delete metadata_write quarantine_write deleted_restore"),
    (LEGACY, "Container Registry Repository Reader", "pull"),
    (ABAC, "Container Registry Repository Reader", "catalog push delete"),
    (ABAC, "Container Registry Repository Writer", "catalog delete streaming_disable"),
    (ABAC, "Container Registry Repository Writer", "referrers_delete"),
    (ABAC, "Container Registry Repository Contributor", "catalog"),
    (ABAC, "Container Registry Data Importer and Data Reader", "push delete"),
    (ABAC, "AcrPull", "pull catalog"),
    (ABAC, "AcrPush", "push pull"),
    (ABAC, "AcrDelete", "delete"),
    (ABAC, "Owner", "pull push delete catalog"),
    (ABAC, "Contributor", "pull push delete catalog"),
    (ABAC, "Reader", "pull catalog metadata_read"),
    (ABAC, "AcrImageSigner", "sign"),
]

CONTROL = {
    "create_registry": f"{P}/write",
    "delete_registry": f"{P}/delete",
    "see_registry": f"{P}/read",
    "admin_credentials": f"{P}/listCredentials/action",
    "regenerate": f"{P}/regenerateCredential/action",
    "tokens": f"{P}/tokens/write",
    "see_tokens": f"{P}/tokens/read",
    "scope_maps": f"{P}/scopeMaps/write",
    "replications": f"{P}/replications/write",
    "webhooks": f"{P}/webhooks/write",
    "network": f"{P}/privateEndpointConnections/write",
    "import": f"{P}/importImage/action",
    "cache": f"{P}/cacheRules/write",
    "see_cache": f"{P}/cacheRules/read",
    "credential_sets": f"{P}/credentialSets/write",
    "transfer": f"{P}/pipelineRuns/write",
    "tasks": f"{P}/tasks/write",
    "build": f"{P}/scheduleRun/action",
    "task_logs": f"{P}/runs/listLogSasUrl/action",
    "agent_pools": f"{P}/agentpools/write",
    "diagnostics": f"{P}/providers/Microsoft.Insights/diagnosticSettings/write",
    "usage": f"{P}/listUsages/read",
    "role_assignments": "Microsoft.Authorization/roleAssignments/write",
    "see_role_assignments": "Microsoft.Authorization/roleAssignments/read",
}
SEEING = {"see_registry", "see_tokens", "see_cache", "usage", "see_role_assignments"}
CONTROL_CAN = {
    "Owner": set(CONTROL),
    "Contributor": set(CONTROL) - {"role_assignments"},
    "Reader": SEEING,
    "User Access Administrator": SEEING | {"role_assignments"},
    "Role Based Access Control Administrator": SEEING | {"role_assignments"},
    **{
        f"Key Vault {title}": {"see_role_assignments"}
        for title in ("Administrator", "Reader", "Secrets Officer", "Crypto Officer")
    },
    "Storage Account Contributor": {"see_role_assignments"},
    "Container Registry Data Importer and Data Reader": {"see_registry", "import"},
    "Container Registry Tasks Contributor": {
        "see_registry", "tasks", "build", "task_logs", "agent_pools",
    },
    "Container Registry Transfer Pipeline Contributor": {"transfer"},
    "Container Registry Contributor and Data Access Configuration Administrator": {
        "create_registry", "delete_registry", "see_registry", "admin_credentials", "regenerate",
        "tokens", "see_tokens", "scope_maps", "replications", "webhooks", "network", "diagnostics",
        "see_role_assignments",
    },
    "Container Registry Configuration Reader and Data Access Configuration Reader": {
        "see_registry", "admin_credentials", "see_tokens", "diagnostics",
    },
    "Container Registry Cache Rule Administrator": {"cache", "see_cache"},
    "Container Registry Cache Rule Reader": {"see_cache"},
    "Container Registry Credential Set Administrator": {"credential_sets"},
}  # fmt: skip

# The lists of the documents, by hand: which roles open content in which mode.
HONOURED = {
    LEGACY: {
        "Owner", "Contributor", "Reader", "AcrPull", "AcrPush", "AcrDelete", "AcrImageSigner",
        "AcrQuarantineReader", "AcrQuarantineWriter",
        "Container Registry Data Importer and Data Reader",
        # not in the lists, but */read reaches them: see LEGACY_CAN
        "User Access Administrator", "Role Based Access Control Administrator",
    },
    ABAC: {
        "Container Registry Repository Reader", "Container Registry Repository Writer",
        "Container Registry Repository Contributor", "Container Registry Repository Catalog Lister",
        "AcrQuarantineReader", "AcrQuarantineWriter",
        "Container Registry Data Importer and Data Reader",
    },
}  # fmt: skip


def role(name: str) -> RoleDefinition:
    found = roles.find(name)
    assert found, name
    return found


NAMES = [each.name for each in BUILTIN.values()]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("mode", "table"), [(LEGACY, LEGACY_CAN), (ABAC, ABAC_CAN)])
def test_a_role_allows_exactly_these_operations(name: str, mode: str, table: dict[str, set[str]]) -> None:
    got = {each for each in roles.operations() if roles.grants([role(name)], each, mode)}
    assert got == table.get(name, set())


@pytest.mark.parametrize(("mode", "name", "words"), CAN)
def test_a_role_can(mode: str, name: str, words: str) -> None:
    assert [each for each in words.split() if not roles.grants([role(name)], each, mode)] == []


@pytest.mark.parametrize(("mode", "name", "words"), CANNOT)
def test_a_role_cannot(mode: str, name: str, words: str) -> None:
    assert [each for each in words.split() if roles.grants([role(name)], each, mode)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_role_allows_exactly_these_control_actions(name: str) -> None:
    got = {word for word, action in CONTROL.items() if roles.permits(role(name), action)}
    assert got == CONTROL_CAN.get(name, set())


@pytest.mark.parametrize("mode", [LEGACY, ABAC])
def test_honoured_roles_are_those_of_the_documents(mode: str) -> None:
    got = {each.name for each in BUILTIN.values() if roles.honoured(each, mode)}
    assert got == HONOURED[mode]


class TestMatching:
    @pytest.mark.parametrize(
        ("pattern", "action"),
        [
            ("*", f"{P}/pull/read"),
            ("*/read", f"{P}/pull/read"),
            ("*/read", f"{P}/read"),
            (f"{P}/*", f"{P}/tokens/operationStatuses/read"),
            (f"{P}/*/read", f"{P}/tokens/operationStatuses/read"),
            (f"{P}/pull/read", f"{P.upper()}/PULL/Read"),
            ("Microsoft.Authorization/*/Write", "Microsoft.Authorization/roleAssignments/write"),
            (f"{P}/repositories/*/re*d", f"{P}/repositories/content/read"),
        ],
    )
    def test_a_star_stands_for_anything_and_case_for_nothing(self, pattern: str, action: str) -> None:
        assert roles.matches(pattern, action)

    @pytest.mark.parametrize(
        ("pattern", "action"),
        [
            ("*/read", f"{P}/push/write"),
            (f"{P}/read", f"{P}/pull/read"),
            (f"{P}/pull/read", f"{P}/pull/reader"),
            (f"{P}/pull/read", f"x{P}/pull/read"),
            ("Microsoft.ContainerRegistry/registries/pull.read", f"{P}/pull/read"),
            ("MicrosoftxContainerRegistry/*", f"{P}/pull/read"),
            ("Microsoft.ContainerRegistry/registrie?/read", f"{P}/read"),
            ("", f"{P}/read"),
        ],
    )
    def test_everything_else_stands_for_itself(self, pattern: str, action: str) -> None:
        assert not roles.matches(pattern, action)


class TestPermits:
    CUSTOM = RoleDefinition(
        id="custom",
        name="no tokens",
        actions=(f"{P}/*",),
        not_actions=(f"{P}/tokens/*",),
        data_actions=(f"{P}/repositories/*",),
        not_data_actions=(f"{P}/repositories/*/delete",),
    )

    def test_an_exclusion_narrows(self) -> None:
        assert roles.permits(self.CUSTOM, f"{P}/webhooks/write")
        assert not roles.permits(self.CUSTOM, f"{P}/tokens/write")
        assert roles.permits(self.CUSTOM, f"{P}/repositories/content/read", data=True)
        assert not roles.permits(self.CUSTOM, f"{P}/repositories/content/delete", data=True)

    def test_an_exclusion_is_not_a_denial_for_other_roles(self) -> None:
        held = [self.CUSTOM, role("Container Registry Repository Contributor")]
        assert not roles.grants(held[:1], "delete", ABAC)
        assert roles.grants(held, "delete", ABAC)

    def test_actions_and_data_actions_are_two_worlds(self) -> None:
        assert not roles.permits(role("Owner"), f"{P}/repositories/content/read", data=True)
        assert not roles.permits(role("Container Registry Repository Reader"), f"{P}/repositories/content/read")

    def test_needs_may_be_met_by_several_roles(self) -> None:
        pull = role("AcrPull")
        write = RoleDefinition(id="w", name="write only", actions=(f"{P}/push/write",))
        assert not roles.grants([pull], "push", LEGACY)
        assert not roles.grants([write], "push", LEGACY)
        assert roles.grants([pull, write], "push", LEGACY)

    def test_no_role_allows_nothing(self) -> None:
        assert not any(roles.grants([], each, LEGACY) for each in roles.operations())


class TestTables:
    def test_roles_are_found_by_id_and_by_name_whatever_the_case(self) -> None:
        pull = BUILTIN["7f951dda-4ed3-4680-a7ca-43fe172d538d"]
        assert pull.name == "AcrPull"
        assert roles.find("acrpull") is roles.find(pull.id.upper()) is pull
        assert roles.find("AcrPuller") is None

    def test_conditions_are_for_the_three_repository_roles(self) -> None:
        assert {each.name for each in BUILTIN.values() if each.abac} == {
            "Container Registry Repository Reader",
            "Container Registry Repository Writer",
            "Container Registry Repository Contributor",
        }

    def test_a_definition_carries_its_evidence(self) -> None:
        assert all(each.evidence and each.source and each.date for each in BUILTIN.values())
        assert all(need.evidence and need.source and need.date for need in OPERATIONS.values())

    def test_a_need_can_be_told(self) -> None:
        need = roles.requirement("push", LEGACY)
        assert need.any_of == ((f"{P}/pull/read", f"{P}/push/write"),)
        assert (need.data, need.scope) == (False, "push")
        assert roles.requirement("catalog", ABAC).any_of == ((f"{P}/catalog/read",),)
        assert roles.requirement("catalog", ABAC).data

    def test_an_unknown_operation_is_an_error(self) -> None:
        with pytest.raises(KeyError):
            roles.grants([role("Owner")], "teleport", LEGACY)
        with pytest.raises(KeyError):
            roles.grants([role("Owner")], "pull", "SomeOtherMode")
