"""Who is there from the start, and how they prove it."""

import base64
from pathlib import Path
from random import Random

import pytest

from acrlab.domain import events
from acrlab.domain.entra_errors import (
    ApplicationUnknown,
    PasswordInvalid,
    SecretExpired,
    SecretInvalid,
    UserUnknown,
)
from acrlab.engine import authorization, directory
from acrlab.store.keys import KeyRing
from tests.identity.lab import Lab


def test_two_learners_and_a_program_can_play_their_roles(lab: Lab) -> None:
    scope = f"/subscriptions/{lab.world.state.subscription}"
    held = {
        row.name: [each.role.name for each in authorization.held(lab.world, lab.principal(row.name), scope)]
        for row in directory.SEEDED
    }
    assert held == {row.name: [row.role] for row in directory.SEEDED}
    assert [row.kind for row in directory.SEEDED].count(directory.USER) == 2


def test_ids_are_the_same_in_every_world_secrets_are_not(tmp_path: Path, keys: KeyRing) -> None:
    first, second = Lab(tmp_path / "a", keys), Lab(tmp_path / "b", keys)
    second.world._entropy = Random(12).randbytes
    others = {each.id: each for each in directory.seed(second.world)}
    for identity in first.world.state.principals.values():
        assert others[identity.id].app_id == identity.app_id
        assert identity.kind == directory.MANAGED or others[identity.id].secrets != identity.secrets


def test_a_seed_before_the_first_event_is_the_seed_after_it(lab: Lab) -> None:
    assert set(lab.world.state.principals) == {each.id for each in directory.seed(lab.world)}


def test_secrets_need_no_quoting(lab: Lab) -> None:
    for _ in range(2000):
        secret = directory.new_secret(lab.world)
        assert secret.isascii() and secret[0] not in "-_" and not set(secret) & set(" '\"$`\\&%+=#~?/:@")
        assert len(secret) == 40


def test_found_by_every_name(lab: Lab) -> None:
    for identity in lab.world.state.principals.values():
        for key in filter(None, (identity.id, identity.app_id, identity.name)):
            found = directory.find(lab.world, key)
            assert found is not None and found.id == identity.id
    assert directory.find(lab.world, "") is None
    assert directory.find_app(lab.world, "") is None
    owner = directory.find_user(lab.world, "OWNER@learner.onmicrosoft.com")
    assert owner is not None and owner.name == directory.OWNER.name


def test_applications_prove_themselves_by_secret(lab: Lab) -> None:
    identity = lab.identity("acrlab-sp")
    assert directory.authenticate_app(lab.world, identity.app_id, lab.secret("acrlab-sp")).id == identity.id
    with pytest.raises(SecretInvalid) as caught:
        directory.authenticate_app(lab.world, identity.app_id, "guess")
    assert caught.value.text.startswith("AADSTS7000215: Invalid client secret provided.")
    for name in ("", "nobody", identity.id, identity.name, lab.identity(directory.OWNER.name).id):
        with pytest.raises(ApplicationUnknown):
            directory.authenticate_app(lab.world, name, lab.secret("acrlab-sp"))


def test_nobody_signs_in_with_an_empty_or_odd_secret(lab: Lab) -> None:
    for name in ("acrlab-sp", "acrlab-identity", "acrlab-vm"):
        for secret in ("", "\x00", "\udc80", "ä" * 5000):
            with pytest.raises(SecretInvalid):
                directory.authenticate_app(lab.world, lab.identity(name).app_id, secret)


def test_secrets_expire(lab: Lab) -> None:
    identity = lab.identity("acrlab-sp")
    until = lab.world.now() + 100
    lab.world.commit(
        events.PrincipalAdded(
            at=lab.world.now(), id=identity.id, kind=identity.kind, name=identity.name, app_id=identity.app_id,
            tenant=identity.tenant, secrets={"k": "s"}, properties={**identity.properties, "expires": {"k": until}},
        )
    )  # fmt: skip
    directory.authenticate_app(lab.world, identity.app_id, "s")
    lab.world.advance(100)
    with pytest.raises(SecretExpired):
        directory.authenticate_app(lab.world, identity.app_id, "s")


def test_users_prove_themselves_by_password(lab: Lab) -> None:
    name = directory.OWNER.name
    assert directory.authenticate_user(lab.world, name.upper(), lab.secret(name)).name == name
    with pytest.raises(PasswordInvalid):
        directory.authenticate_user(lab.world, name, lab.secret(f"reader@{directory.DOMAIN}"))
    with pytest.raises(UserUnknown):
        directory.authenticate_user(lab.world, "acrlab-sp", lab.secret("acrlab-sp"))


def test_entropy_of_secrets(lab: Lab) -> None:
    assert len(base64.urlsafe_b64decode(directory.new_secret(lab.world))) == directory.SECRET
