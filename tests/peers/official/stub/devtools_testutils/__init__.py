"""A stand-in for the harness that the official tests import and that is on no package index: live mode only."""

import asyncio
import functools
import hashlib
import inspect
import os

import pytest


class AzureRecordedTestCase:
    is_live = True

    def get_resource_name(self, prefix):
        running = os.environ["PYTEST_CURRENT_TEST"].rsplit(" ", 1)[0]
        return prefix + hashlib.sha256(running.encode()).hexdigest()[:12]

    def sleep(self, seconds):
        """The service needs a while to show a change; the emulator is consistent at once."""


class PowerShellPreparer:
    """Hands a test the settings that it names, from the environment: FOO_ENDPOINT for foo_endpoint."""

    def __init__(self, directory, **defaults):
        self.settings = {name: os.environ.get(name.upper(), text) for name, text in defaults.items()}

    def __call__(self, test):
        named = inspect.signature(test).parameters
        takes_all = any(p.kind is p.VAR_KEYWORD for p in named.values())
        given = {k: v for k, v in self.settings.items() if takes_all or k in named}

        @functools.wraps(test)
        def prepared(case):
            return test(case, **given)

        prepared.__signature__ = inspect.Signature([named["self"]])
        return prepared


def recorded_by_proxy(test):
    return test


def is_live():
    return True


class FakeTokenCredential:
    pass


def _sanitizer(**_):
    """There is no recording to sanitize."""


add_general_regex_sanitizer = add_body_key_sanitizer = add_uri_regex_sanitizer = _sanitizer


@pytest.fixture(scope="session")
def test_proxy():
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    wanted = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    outcome = pyfuncitem.obj(**wanted)
    if inspect.iscoroutine(outcome):
        asyncio.run(outcome)
    return True
