"""Seeded faults: one rule of the emulator is switched off at a time, and a question has to notice."""

from typing import Any, NamedTuple

import pytest

from acrlab.domain import names, tiers
from acrlab.engine import authorization, locks, manifests, registries, tokens, uploads
from acrlab.engine.tasks import automatic, pools, queue, triggers
from acrlab.engine.tasks import images as base_images
from acrlab.trainer import oracle
from acrlab.trainer.bank import Bank
from acrlab.trainer.bench import Bench


class Fault(NamedTuple):
    """What is patched, with what, and a question that has to turn red."""

    where: Any
    name: str
    instead: Any
    question: str


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _same(text: str) -> str:
    return text


def _always(*_: Any) -> bool:
    return True


def _held_anywhere(world: Any, principal: Any, scope: str) -> Any:
    """Roles count wherever they were assigned."""
    return [
        authorization.Held(role, each.body["properties"]["scope"])
        for each in authorization.assignments(world)
        if each.body["properties"]["principalId"] == principal.id
        and (role := authorization.definition(world, each.body["properties"]["roleDefinitionId"].rpartition("/")[2]))
    ]


def _untag_with_manifest(world: Any, registry: Any, name: str, tag: str, by: str) -> None:
    """Removing a tag takes the manifest along."""
    manifests.delete(world, registry, name, registry.repositories[name].tags[tag].digest, by)


FAULTS = {
    "a lock does not stop a push": Fault(manifests, "require_pushable", _nothing, "locks/protect-a-release"),
    "a lock does not stop a delete": Fault(locks, "require_deletable", _nothing, "locks/a-locked-image-in-the-way"),
    "every tier has every feature": Fault(tiers, "require", _nothing, "tiers/public-downloads"),
    "a change of tier is not judged": Fault(registries, "_gate", _nothing, "tiers/down-to-basic"),
    "the usage is Premium's": Fault(registries, "tier", lambda *_: "Premium", "tiers/webhooks-of-standard"),
    "the admin user is always enabled": Fault(tokens, "admin_enabled", _always, "access/admin-user-says-no"),
    "a session never ends": Fault(tokens, "REFRESH_LIFE", 10**8, "access/a-session-in-the-afternoon"),
    "strangers may do everything": Fault(
        authorization, "ANONYMOUS", authorization.EVERYTHING, "access/what-strangers-may-do"
    ),
    "anonymous pull is always on": Fault(authorization, "anonymous_pull", _always, "errors/what-the-codes-mean"),
    "tokens for Resource Manager are always taken": Fault(
        tokens, "arm_tokens_taken", _always, "access/tokens-for-the-registry-only"
    ),
    "a role allows everything": Fault(authorization.Held, "allows", _always, "roles/pull-and-nothing-else"),
    "a role holds everywhere": Fault(authorization, "held", _held_anywhere, "roles/one-registry-of-two"),
    "permissions by repository are ignored": Fault(
        authorization, "mode", lambda *_: "LegacyRegistryPermissions", "roles/permissions-by-repository"
    ),
    "a manifest may name what is not there": Fault(manifests, "_require_held", _nothing, "images/layer-left-behind"),
    "a repository may have any name": Fault(names, "repository", _same, "names/repository-names"),
    "a registry's name may be taken twice": Fault(registries, "available", _always, "names/name-in-use"),
    "untag takes the image along": Fault(manifests, "untag", _untag_with_manifest, "cleanup/one-name-too-many"),
    "referrers are forgotten": Fault(manifests, "referrers", lambda *_: [], "artifacts/bill-of-materials"),
    "a repository's lock against writing is ignored": Fault(
        uploads, "require_writable", _nothing, "locks/write-the-lock"
    ),
    "a base image starts nothing": Fault(base_images, "_watching", lambda *_: [], "triggers/patched-and-rebuilt"),
    "a disabled task runs by its timer": Fault(automatic, "ENABLED", "Disabled", "triggers/two-at-noon"),
    "a trigger's events may be any": Fault(triggers, "_source", _nothing, "triggers/the-missing-token"),
    "a pool of none has an agent": Fault(queue, "capacity", lambda *_: 1, "runs/a-pool-of-none"),
    "pools have no quota": Fault(pools, "_require_quota", _nothing, "runs/four-cores"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_turns_a_question_red(name: str, bank: Bank, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FAULTS[name]
    question = bank.questions[fault.question]
    assert oracle.prove(question, bench).holds
    monkeypatch.setattr(fault.where, fault.name, fault.instead)
    assert not oracle.prove(question, bench).holds
    monkeypatch.undo()
    assert oracle.prove(question, bench).holds
