"""`az` 2.91 and runs that go wrong: what it is told, how the run ends, and that nothing was pushed."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.peers.az.conftest import building

pytestmark = pytest.mark.peers

GROUP, NAME = "failures", "failurespeer"
SAMPLES = "https://github.com/Azure-Samples/acr-tasks.git"
PUSHED = "  - build: -t $Registry/wrong:1 .\n  - push: [$Registry/wrong:1]\n"


@pytest.fixture(scope="module")
def az(tmp_path_factory):
    with building(tmp_path_factory, GROUP, NAME, "Standard") as program:
        yield program


def ended(az, done, status: str = "Failed") -> str:
    """What az showed of a run that ended badly: the record says the same, and no image came of it."""
    run = re.search(r"Queued a (?:build|run) with ID: (\w+)", done.stderr)[1]
    shown = az.json("acr", "task", "show-run", "--registry", NAME, "--run-id", run)
    assert (shown["status"], shown["outputImages"]) == (status, None), done.stdout
    assert az.json("acr", "repository", "list", "--name", NAME) == []
    return done.stdout


TASK_FILES = {
    "malformed": ("version: v1.1.0\nsteps: [\n", "yaml: "),
    "an unknown alias": ("version: v1.1.0\nsteps:\n  - cmd: $Nothing/image\n" + PUSHED,
                         "docker: invalid reference format"),
    "a step of two kinds": ("version: v1.1.0\nsteps:\n  - cmd: bash\n    build: .\n" + PUSHED,
                            "step must only contain a single build, cmd, or push property"),
    "a program that is not there": ("version: v1.1.0\nsteps:\n  - cmd: bash -c 'exit 4'\n" + PUSHED,
                                    "failed to run step ID: acb_step_0: exit status 4"),
    "too long": ("version: v1.1.0\nsteps:\n  - cmd: bash sleep 600\n    timeout: 1\n" + PUSHED,
                 "failed to run step ID: acb_step_0: timed out"),
    "no such secret": ("version: v1.1.0\nsecrets:\n  - id: s\n    keyvault: https://nosuch.vault.azure.net/secrets/s\n"
                       "steps:\n" + PUSHED, "lookup nosuch.vault.azure.net: no such host"),
}  # fmt: skip


@pytest.mark.parametrize("text, said", TASK_FILES.values(), ids=TASK_FILES)
def test_a_task_file(az, tmp_path, text, said):
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    (tmp_path / "acb.yaml").write_text(text)
    done = az.run("acr", "run", "--registry", NAME, "--file", "acb.yaml", str(tmp_path), code=1)
    told = ended(az, done)
    assert "Run failed" in done.stderr and said in told, told


DOCKERFILES = {
    "a RUN that fails": ("FROM docker.io/library/busybox\nRUN echo before && false\n",
                         "The command '/bin/sh -c echo before && false' returned a non-zero code: 1"),
    "no such base": (f"FROM {NAME}.azurecr.io/nosuch:1\n",
                     f"manifest for {NAME}.azurecr.io/nosuch:1 not found: manifest unknown"),
    "no such public base": ("FROM docker.io/contoso/nosuch:1\n", "manifest for docker.io/contoso/nosuch:1 not found"),
    "an instruction that is none": ("FROM scratch\nRUNN x\n",
                                    "dockerfile parse error line 2: unknown instruction: RUNN"),
}  # fmt: skip


@pytest.mark.parametrize("text, said", DOCKERFILES.values(), ids=DOCKERFILES)
def test_a_dockerfile(az, tmp_path, text, said):
    (tmp_path / "Dockerfile").write_text(text)
    done = az.run("acr", "build", "--registry", NAME, "--image", "wrong:1", str(tmp_path), code=1)
    told = ended(az, done)
    assert "Run failed" in done.stderr and said in told, told


SOURCES = {
    "no such Dockerfile": ((SAMPLES, "--file", "nosuch.df"), "error opening dockerfile: nosuch.df"),
    "no such host": (("https://nosuch.example/app.git",), "unable to access 'https://nosuch.example/app.git/'"),
    "no such repository": (("https://github.com/contoso/nosuch.git",), "Authentication failed for"),
    "no such branch": ((f"{SAMPLES}#nosuch",), "has no nosuch"),
}


@pytest.mark.parametrize("source, said", SOURCES.values(), ids=SOURCES)
def test_a_source(az, source, said):
    done = az.run("acr", "build", "--registry", NAME, "--image", "wrong:1", *source, code=1)
    told = ended(az, done)
    assert "Run failed" in done.stderr and said in told, told


def test_a_run_is_cancelled_while_az_shows_it(az, tmp_path):
    (tmp_path / "acb.yaml").write_text("version: v1.1.0\nsteps:\n  - cmd: bash sleep 600\n" + PUSHED)
    arguments = ("acr", "run", "--registry", NAME, "--file", "acb.yaml", str(tmp_path))
    with ThreadPoolExecutor() as threads:
        shown = threads.submit(az.run, *arguments, code=1)
        while not (running := under_way(az)):
            assert not shown.done(), shown.result()
        az.run("acr", "task", "cancel-run", "--registry", NAME, "--run-id", running[0]["runId"])
        done = shown.result()
    assert "Run was canceled" in done.stderr and "was canceled after" in ended(az, done, "Canceled")


def test_a_timeout_outside_its_bounds(az):
    """Five minutes are the least, so that a run's own timeout is tried without az."""
    arguments = ("--registry", NAME, "--cmd", "bash true", "--timeout", "1", "/dev/null")
    assert "The timeout must be between 300 and 28800 seconds" in az.refused("acr", "run", *arguments)


def under_way(az) -> list:
    return az.json("acr", "task", "list-runs", "--registry", NAME, "--run-status", "Running")


def test_a_secret_that_its_vault_does_not_have(az, tmp_path):
    vault = az.json("keyvault", "create", "--resource-group", GROUP, "--name", "failuressafe")["id"]
    secret = "https://failuressafe.vault.azure.net/secrets/nosuch"
    secrets = f"secrets:\n  - id: s\n    keyvault: {secret}\n"
    (tmp_path / "acb.yaml").write_text(f"version: v1.1.0\n{secrets}steps:\n{PUSHED}")
    az.run("acr", "task", "create", "--registry", NAME, "--name", "secretive", "--file", "acb.yaml",
           "--context", SAMPLES, "--commit-trigger-enabled", "false", "--assign-identity")  # fmt: skip
    who = az.json("acr", "task", "show", "--registry", NAME, "--name", "secretive")["identity"]["principalId"]
    az.run("role", "assignment", "create", "--role", "Key Vault Secrets User", "--scope", vault,
           "--assignee-object-id", who, "--assignee-principal-type", "ServicePrincipal")  # fmt: skip
    done = az.run("acr", "task", "run", "--registry", NAME, "--name", "secretive", "--context", str(tmp_path), code=1)
    assert "Run failed" in done.stderr
    assert "nosuch was not found in this key vault" in (told := ended(az, done)), told
