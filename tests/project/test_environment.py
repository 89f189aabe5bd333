"""pyproject.toml, the locks and environment.yml say the same."""

import re
import tomllib

import pytest

from tests.project.lock import ENVIRONMENT, HOME, LOCK, TEST_LOCK, conda, pins

packaging = pytest.importorskip("packaging.requirements")
yaml = pytest.importorskip("yaml")

PROJECT = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))
RUN = LOCK.read_text(encoding="utf-8")
TEST = TEST_LOCK.read_text(encoding="utf-8")
DEPENDENCIES = PROJECT["project"]["dependencies"]
EXTRA = PROJECT["project"]["optional-dependencies"]["test"]
BUILD = PROJECT["build-system"]["requires"]

# Somebody who opens environment.yml looks for these.
LISTED = ["jupyterlab", "ipywidgets", "azure-mgmt-containerregistry", "azure-identity", "nbval"]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(*texts: str) -> dict[str, list[str]]:
    """Versions by package: more than one where systems differ."""
    found: dict[str, list[str]] = {}
    for text in texts:
        for pin in pins(text):
            requirement = packaging.Requirement(pin)
            (version,) = requirement.specifier
            found.setdefault(canonical(requirement.name), []).append(version.version)
    return found


def conda_file() -> dict:
    return yaml.safe_load(ENVIRONMENT.read_text(encoding="utf-8"))


def conda_pip() -> list[str]:
    (section,) = [entry["pip"] for entry in conda_file()["dependencies"] if isinstance(entry, dict)]
    return section


@pytest.mark.parametrize("wanted", [*DEPENDENCIES, *BUILD])
def test_what_acrlab_needs_is_locked(wanted):
    requirement = packaging.Requirement(wanted)
    versions = locked(RUN)[canonical(requirement.name)]
    assert all(requirement.specifier.contains(version) for version in versions)


@pytest.mark.parametrize("wanted", EXTRA)
def test_what_the_tests_need_is_locked(wanted):
    requirement = packaging.Requirement(wanted)
    versions = locked(RUN, TEST)[canonical(requirement.name)]
    assert all(requirement.specifier.contains(version, prereleases=True) for version in versions)


def test_the_second_lock_only_adds():
    assert not locked(RUN).keys() & locked(TEST).keys()


@pytest.mark.parametrize("text", [RUN, TEST], ids=["run", "test"])
def test_every_pin_has_its_hashes(text):
    bare = [pin for pin, block in pins(text).items() if not re.search(r"--hash=sha256:[0-9a-f]{64}", block)]
    assert pins(text)
    assert not bare


def test_conda_gets_the_same_environment():
    assert ENVIRONMENT.read_text(encoding="utf-8") == conda(RUN)
    assert conda_pip() == [*pins(RUN), "-e ."]


def test_conda_gets_the_same_python():
    (python,) = [entry for entry in conda_file()["dependencies"] if str(entry).startswith("python")]
    asked = packaging.Requirement(python).specifier
    ours = packaging.Requirement(f"python{PROJECT['project']['requires-python']}").specifier
    versions = [f"3.{minor}" for minor in range(9, 14)]
    assert [asked.contains(each) for each in versions] == [ours.contains(each) for each in versions]


@pytest.mark.parametrize("name", LISTED)
def test_environment_yml_lists(name):
    assert name in {canonical(re.split("[=; ]", line)[0]) for line in conda_pip()}
