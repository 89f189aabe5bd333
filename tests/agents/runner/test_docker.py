"""docker inside steps, Microsoft's tool images, and lines of the agent's shell."""

import pytest

from acrlab.agents.protocol import Mount
from acrlab.agents.runner.services import Loan
from tests.agents.runner.machine import Run

A = "version: v1.1.0\nsteps:\n"


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path, {"Dockerfile": "FROM scratch\n", "sub/D": "FROM scratch\n", "secret.txt": "s"})


def steps(one, *commands):
    text = A + "".join(f"  - cmd: |-\n      {command}\n" for command in commands)
    return one.task(text).status, [line for line in one.log if not line.startswith("1970/") and line]


def test_build_tag_push_inspect(run):
    status, lines = steps(
        run,
        "docker build -t a:1 --build-arg X=1 --label l=2 --secret id=s,src=secret.txt --target t .",
        "docker tag a:1 $Registry/a:2",
        "docker push $Registry/a:2",
        "docker pull mcr.microsoft.com/hello-world",
        "docker inspect --format '{{\"{{json .RepoDigests}}\"}}' $Registry/a:2",
        "docker images",
        "docker images -q a",
    )
    assert status == "Succeeded", lines
    (build,) = run.agent.builds
    assert (build.tags, build.args, build.labels, build.secrets) == (("a:1",), {"X": "1"}, {"l": "2"}, {"s": b"s"})
    assert (build.target, build.platform, build.dockerfile) == ("t", "linux/amd64", "Dockerfile")
    assert any(line.startswith('["myreg.azurecr.io/a@sha256:') for line in lines)
    assert "REPOSITORY" in "".join(lines)
    assert run.agent.pushed == ["myreg.azurecr.io/a:2"]


def test_a_dockerfile_elsewhere(run):
    steps(run, "docker build -f sub/D .", "docker build -f sub/D sub")
    assert [build.dockerfile for build in run.agent.builds] == ["sub/D", "D"]


@pytest.mark.parametrize(
    "command, words, code",
    [
        ("docker build", "docker: 'docker build' requires 1 argument", 1),
        ("docker build nosuch", 'unable to prepare context: path "nosuch" not found', 1),
        ("docker build /etc", 'unable to prepare context: path "/etc" not found', 1),
        ("docker build ../..", 'unable to prepare context: path "../.." not found', 1),
        ("docker build -f nosuch .", "lstat /workspace/nosuch: no such file or directory", 1),
        ("docker build --nope .", "unknown flag: --nope", 125),
        ("docker build -Z .", "unknown shorthand flag: 'Z' in -Z", 125),
        ("docker build .  -t", "flag needs an argument: 't' in -t", 125),
        ("docker build -t App .", 'invalid argument "App" for "-t, --tag" flag: invalid reference format: repository '
                                  "name (library/App) must be lowercase", 125),
        ("docker nope", "docker: 'nope' is not a docker command.", 1),
        ("docker push none", "An image does not exist locally with the tag: none", 1),
        ("docker tag none b", "Error response from daemon: No such image: none:latest", 1),
        ("docker tag a", "docker: 'docker tag' requires 2 arguments", 1),
        ("docker pull nosuch.example.invalid/foo:1", "Error response from daemon: Get", 1),
        ("docker login -u a -p b other.azurecr.io", "acrlab: signing in to other.azurecr.io inside a step", 1),
        ("docker login x", "Error: Cannot perform an interactive login from a non TTY device", 1),
        ("docker volume ls", "acrlab: this command of docker is not emulated", 1),
        ("docker run --rm -v /var/run/docker.sock:/s x", "acrlab: /var/run/docker.sock is a path of the agent", 125),
        ("docker inspect none", "Error: No such object: none", 1),
        ("docker run", '"docker run" requires at least 1 argument.', 1),
        ("docker run 'a b'", "docker: invalid reference format", 125),
        ("docker run --memory 1g missing/x", "acrlab: --memory is not emulated and has no effect", 125),
    ],
)  # fmt: skip
def test_what_docker_refuses(run, command, words, code):
    status, lines = steps(run, command)
    assert status == "Failed"
    assert words in "\n".join(lines)
    assert lines[-1] == f"failed to run step ID: acb_step_0: exit status {code}"


def test_run_inside_a_step(run):
    status, lines = steps(
        run, "docker run --rm -e A=b -v /workspace:/w -w /w mcr.microsoft.com/acr/bash -c 'echo $A; ls'"
    )
    assert status == "Succeeded"
    assert lines[0] == "b" and "Dockerfile" in lines
    container = run.agent.started[0]
    assert (container.workdir, container.environment) == ("/w", {"A": "b"})


def test_flags_of_docker_run_before_the_image(run):
    steps(run, "--entrypoint /bin/echo mcr.microsoft.com/acr/bash hi")
    assert run.agent.started[0].entrypoint == ("/bin/echo",)


# Tools.


def test_acr_purge(run):
    status, lines = steps(run, "acr purge --filter 'app:.*' --ago 1d --untagged")
    assert (status, run.desk.purged) == ("Succeeded", [["purge", "--filter", "app:.*", "--ago", "1d", "--untagged"]])
    assert "Number of deleted tags: 0" in lines
    assert steps(Run(run.folder / "2"), "mcr.microsoft.com/acr/acr-cli:0.17 nope")[0] == "Failed"


def test_az_is_lent_what_it_needs(run):
    """The alias, and the image by its name; no other image is lent anything."""
    loan = Loan((Mount(run.folder, "/opt/acrlab/trust", read_only=True),), {"HTTPS_PROXY": "p", "A": "loan"}, "host")
    run.desk.loan = lambda able: loan
    run.task(A + "  - cmd: az echo list\n    env: [A=b]\n  - cmd: mcr.microsoft.com/azure-cli true\n"
             "  - cmd: bash true\n")  # fmt: skip
    first, second, third = run.agent.started
    assert first.image.startswith("mcr.microsoft.com/acr/azure-cli:") and first.command == ("echo", "list")
    assert (first.environment["HTTPS_PROXY"], first.environment["A"], first.network) == ("p", "b", "host")
    assert second.mounts[-1] == loan.mounts[0] and second.command == ("true",)
    assert "HTTPS_PROXY" not in third.environment and third.network == "acb_default_network"


# The agent's shell.


@pytest.mark.parametrize(
    "command, lines",
    [
        ("bash echo a && echo b || echo c", ["a", "b"]),
        ("bash -c 'exit 1' || echo c", ["c"]),
        ("bash echo a; false; true", ["a"]),
        ("bash echo `echo x` $(echo y z)", ["x y z"]),
        ("bash echo a > out.txt; echo b >> out.txt && cat out.txt", ["a", "b"]),
        ("bash echo gone > /dev/null", []),
        ("bash true > /dev/null; docker run --rm nosuch.example.invalid/x 2> /dev/null || echo no", ["no"]),
        (
            "bash true; echo x`docker run --rm r.example/bash:1 echo y`",
            ["Unable to find image 'r.example/bash:1' locally", "xy"],
        ),
        ("bash true; X=1; echo $X $HOME ${Y:-z}", ["1 /root z"]),
        ("bash printf 'b\\na\\n' | sort", ["a", "b"]),
        ("sort < Dockerfile > /dev/null; cat < Dockerfile", None),
    ],
)
def test_lines(run, command, lines):
    status, found = steps(run, command)
    if lines is None:
        assert status == "Failed"  # what a line begins with is an image
        return
    assert (status, found) == ("Succeeded", lines)


@pytest.mark.parametrize(
    "command, words",
    [
        ("bash echo > /etc/passwd", "cannot create /etc/passwd: Permission denied"),
        ("bash echo > ../../x", "cannot create ../../x: Permission denied"),
        ("bash echo 'a", "Unterminated quoted string"),
        ("bash echo a & bash echo b", "does not take &"),
        ("bash echo $(if x)", "does not take if"),
    ],
)
def test_lines_that_are_refused(run, command, words):
    status, found = steps(run, command)
    assert status == "Failed"
    assert words in "\n".join(found)


def test_nothing_runs_on_this_machine(run):
    """What follows the container is a container, too: it has the run's folders and nothing else."""
    steps(run, "bash true && touch /workspace/made")
    assert (run.folder / "workspace/made").exists()
    last = run.agent.started[-1]
    assert (last.entrypoint, last.command) == (("touch",), ("/workspace/made",))
