"""Task files carried out: aliases, values, secrets, volumes, variables, retries, graphs, and how they end."""

import base64
import threading

import psutil
import pytest

from acrlab.agents.protocol import Capabilities
from acrlab.domain.tasks.run import Order
from tests.agents.runner.machine import Run

A = "version: v1.1.0\n"


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path, now=1795443426.0)


def output(one):
    """What containers wrote: the lines without a time."""
    return [line for line in one.log if not line.startswith("2026/") and line]


def step(one, place=0):
    return one.agent.started[place]


# What is rendered.


def test_aliases_values_and_run(run):
    text = A + (
        "alias:\n  values:\n    repo: my{{.Values.name}}\n    tool: mcr.example/tool:1\n# comment\nsteps:\n"
        "  - cmd: >-\n      bash echo $Registry/$repo:$ID $$HOME $Unknown $RegistryName $Date $OS/$Architecture\n"
        "      $Commit. $Branch\n"
        "  - cmd: tool echo {{.Run.TriggeredBy}} {{ .Values.foo | upper | quote }} {{.Values.missing}}{{.Run.Nope}}\n"
    )
    ending = run.task(
        text, values={"name": "app", "foo": "bar"}, commit="c0ffee", branch="main", triggered_by="Manual", task="t"
    )
    assert ending.status == "Succeeded"
    assert output(run)[0] == ("myreg.azurecr.io/myapp:cf1 /root myreg 20261123-141706z linux/amd64 c0ffee. main")
    assert step(run, 1).image == "mcr.example/tool:1"
    assert step(run, 1).command == ("echo", "Manual", "BAR")


def test_without_aliases_before_1_1(run):
    run.task("version: v1.0.0\nsteps:\n  - cmd: docker.io/library/bash echo $Registry {{.Run.Registry}}\n")
    assert output(run)[-1] == "myreg.azurecr.io"
    assert "Alias support enabled" not in run.log[0]


def test_alias_files(run):
    run.desk.urls["https://x.example/a.yaml"] = "one: far\ntwo: far\n"
    (run.folder / "workspace").mkdir()
    (run.folder / "workspace/a.yml").write_text("two: near\nthree: near\n")
    src = "alias:\n  src: [https://x.example/a.yaml, a.yml]\n  values: {three: own}\n  directive: '!'\n"
    run.task(A + src + "steps:\n  - cmd: bash echo !one !two !three !!x\n")
    assert output(run)[-1] == "far near own !x"


@pytest.mark.parametrize(
    "text, words",
    [
        ("alias:\n  src: [nosuch.yml]\nsteps: []\n",
         "unable to search/replace aliases in task: open nosuch.yml: no such file or directory"),
        ("alias:\n  src: [../../etc/passwd]\nsteps: []\n",
         "unable to search/replace aliases in task: open ../../etc/passwd: no such file or directory"),
        ("alias:\n  src: ['https://x.example/b']\nsteps: []\n",
         "unable to search/replace aliases in task: 404 page not found"),
        ("alias:\n  values: {a-b: c}\nsteps: []\n",
         "unable to search/replace aliases in task: alias key names only support alphanumeric characters"),
        ("alias:\n  values: [a]\nsteps: []\n",
         "unable to search/replace aliases in task: error during alias unmarshaling: yaml: unmarshal errors:"),
        ("alias:\n  values:\n    a: '{{ .Values.x.y }}'\nsteps: []\n",
         "unable to render alias data: error while rendering templates: failed to execute template: aliasData. Err: "
         'template: aliasData:3:18: executing "aliasData" at <.Values.x.y>: nil pointer evaluating interface {}.y'),
        ("steps:\n  - cmd: bash {{ nope }}\n",
         "unable to render task: error while rendering templates: failed to parse template: decodedtemplate. Err: "
         'template: decodedtemplate:3: function "nope" not defined'),
        ("steps:\n  - cmd: bash echo\n    timeout: abc\n",
         "failed to unmarshal task before running: failed to deserialize task and validate: yaml: unmarshal errors:"),
        ("steps:\n  - cmd: 'x\n",
         "failed to unmarshal task before running: failed to deserialize task and validate: yaml: line 4: "
         "found unexpected end of stream"),
        ("steps:\n  - id: a\n",
         "failed to unmarshal task before running: step is missing a cmd, build, or push property"),
        ("secrets:\n  - id: s\n    keyvault: https://v.vault.azure.net/secrets/none\nsteps: []\n",
         "unable to render task: failed to resolve secrets in the task with error: failed to get secret "
         "https://v.vault.azure.net/secrets/none: SecretNotFound"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_ready(run, text, words):
    ending = run.task(A + text)
    assert (ending.status, ending.error) == ("Failed", "failed during run, err: exit status 1")
    assert words in run.lines()
    assert not run.agent.started


TEXT = "steps:\n  - cmd: bash echo {{.Values.a}}{{.Values.b}}\n"


def test_a_task_file_of_the_context(tmp_path):
    one = Run(tmp_path, {"ci/acb.yaml": TEXT, "v.yaml": "a: 1\nb: 2\n"})
    order = Order(run="c", registry="r.azurecr.io", task_file="ci/acb.yaml", values_file="v.yaml", values={"b": "x"})
    assert one.order(order).status == "Succeeded"
    assert one.agent.started[0].image == "bash:latest"  # no alias in a file without a version
    assert one.log[-2:] != [] and "1x" in one.log
    two = Run(tmp_path / "two")
    two.order(Order(run="c", registry="r.azurecr.io"))
    assert two.log == ["stat /workspace/acb.yaml: no such file or directory"]


def test_values_within_values_are_too_much_for_the_engine(run):
    run.task("steps: []\n", values_text="a: {b: c}\n")
    assert run.log == [
        "unable to render task: failed to override values: failed to serialize Values: json: unsupported type: "
        "map[interface {}]interface {}"
    ]


# What steps are given.


def test_secrets_and_volumes(run):
    text = A + (
        "secrets:\n  - id: s\n    keyvault: https://v.vault.azure.net/secrets/s\n"
        "volumes:\n  - name: certs\n    secret:\n      key: {{ .Secrets.s | b64enc }}\n      pem: " +
        base64.b64encode(b"PEM").decode() + "\nsteps:\n"
        "  - cmd: bash cat /run/certs/key /run/certs/pem\n"
        "    volumeMounts: [{name: certs, mountPath: /run/certs}]\n"
        "  - cmd: bash -c 'echo $S'\n    env: [\"S={{ .Secrets.s }}\"]\n"
    )  # fmt: skip
    ending = run.task(text)
    assert ending.status == "Succeeded"
    assert output(run) == ["geheim", "PEM", "geheim"]
    assert "Volume source certs successfully created" in run.lines()


def test_a_volume_that_is_not_base64(run):
    run.task(A + "volumes:\n  - name: v\n    secret: {f: '???'}\nsteps:\n  - cmd: bash true\n")
    assert run.lines()[-1] == "failed to decode Base64 value. please make sure value provided is Base64 encoded"


def test_variables_directories_and_flags(run):
    run.task(
        A + 'env: ["GREETING=hello world; $HOME", COMMON=1]\nworkingDirectory: sub\nsteps:\n'
        "  - cmd: bash -c 'echo $GREETING-$COMMON-$HOME'\n    env: [COMMON=own]\n    user: '1000'\n    cpus: 1\n"
        "    ports: ['8080:80']\n    expose: ['90']\n    privileged: true\n    entryPoint: /bin/echo\n"
        "    isolation: default\n"
        "  - cmd: bash pwd\n    disableWorkingDirectoryOverride: true\n    network: other\n"
        "  - cmd: bash pwd\n    workingDirectory: /abs\n"
    )
    first, second, third = run.agent.started
    assert (first.environment["COMMON"], first.environment["GREETING"]) == ("own", "hello world; /root")
    assert first.environment["HOME"] == "/acb/home"
    assert (first.workdir, second.workdir, third.workdir) == ("/workspace/sub", "", "/abs")
    assert (first.user, first.cpus, first.ports, first.expose) == ("1000", "1", ("8080:80",), ("90",))
    assert (first.privileged, first.entrypoint, first.isolation) == (True, ("/bin/echo",), "default")
    assert (first.network, second.network) == ("acb_default_network", "other")
    assert {mount.target for mount in first.mounts} == {"/workspace", "/acb/home"}


@pytest.mark.parametrize("written, got", [("two words", "two words"), ("'two words'", "two words"), ("a&b", "a&b")])
def test_spaces_in_variables(run, written, got):
    run.task(A + f'steps:\n  - cmd: bash env\n    env: ["V={written}"]\n')
    assert step(run).environment["V"] == got


def test_the_workspace_is_shared(run):
    run.task(A + "steps:\n  - cmd: bash -c 'echo x > /workspace/f; echo y > /acb/home/g'\n"
             "  - cmd: bash cat f /acb/home/g\n")  # fmt: skip
    assert output(run) == ["x", "y"]


def test_networks(run):
    run.task(A + "networks:\n  - {name: n, driver: bridge}\n  - {name: old, skipCreation: true}\nsteps: []\n")
    assert run.agent.networks == [("n", "bridge", True), ("n", "bridge", False)]
    assert "Skip creating network: old" in run.lines()
    assert "Skip deleting network: old" in run.lines()


def test_a_network_that_cannot_be_made(run):
    assert run.task(A + "networks: [{name: broken}]\nsteps: []\n").status == "Failed"
    assert run.lines()[-1] == (
        "failed to create network: broken, err: exit status 1, msg: Error response from daemon: no"
    )


def test_pull(run):
    run.task(A + "steps:\n  - cmd: mcr.microsoft.com/hello-world\n    pull: true\n")
    assert "Step specified pull. Performing an explicit pull..." in run.lines()
    two = Run(run.folder / "two")
    assert two.task(A + "steps:\n  - cmd: r.example/missing:1\n    pull: true\n").status == "Failed"
    assert two.lines()[-1] == "failed to run step ID: acb_step_0: exit status 1"


# How often, and what comes of it.


def test_retry_only_on_some_errors(run):
    text = "steps:\n  - cmd: bash -c 'echo {}; exit 9'\n    retries: 1\n    retryDelay: 1\n"
    text += "    retryOnErrors: [busy, locked]\n"
    run.task(A + text.format("broken"))
    assert run.lines().count("Launching container with name: acb_step_0") == 1
    two = Run(run.folder / "two")
    two.task(A + text.format("it is locked"))
    assert two.lines().count("Launching container with name: acb_step_0") == 2


def test_every_repeat_is_done(run):
    run.task(A + "steps:\n  - cmd: bash -c 'exit 3'\n    repeat: 2\n")
    assert run.lines()[-1] == "failed to run step ID: acb_step_0: exit status 3, exit status 3, exit status 3"
    assert len(run.agent.started) == 3


def test_kept_containers_keep_their_names(run):
    run.task(A + "steps:\n  - id: kept\n    cmd: bash true\n    keep: true\n    repeat: 1\n")
    assert 'The container name "/kept" is already in use' in "\n".join(run.log)
    assert run.lines()[-1] == "failed to run step ID: kept: exit status 125"
    assert not step(run).remove


def test_ignored_errors(run):
    ending = run.task(A + "steps:\n  - push: [none.azurecr.io/x]\n    ignoreErrors: true\n  - cmd: bash echo on\n")
    assert ending.status == "Succeeded"
    assert (
        "Step ID: acb_step_0 encountered an error: failed to push images successfully, but is set to ignore errors. "
        "Continuing..."
    ) in run.lines()
    (marked,) = [line for line in run.lines() if line.startswith("Step ID: acb_step_0 marked as successful")]
    assert not marked.endswith(" 0.000000)")


def test_what_detached_containers_write_is_not_in_the_log(run):
    run.task(A + "steps:\n  - id: web\n    cmd: bash echo secret\n    detach: true\n  - cmd: bash sleep 0.2\n")
    assert "secret" not in run.log


def test_a_start_delay_is_told(run):
    run.task(A + "steps:\n  - cmd: bash true\n    startDelay: 1\n")
    assert "Waiting 1 seconds before executing step ID: acb_step_0" in run.lines()


# Builds and pushes.


def test_build_run_push(tmp_path):
    one = Run(tmp_path, {"app/Dockerfile": "FROM mcr.microsoft.com/hello-world AS b\nFROM b\n", "app/x": ""})
    ending = one.task(
        A + "steps:\n  - id: image\n    build: -t $Registry/app:$ID -f app/Dockerfile --build-arg A='b c' app\n"
        "  - cmd: $Registry/app:$ID\n  - push: [$Registry/app:$ID]\n"
    )
    assert ending.status == "Succeeded"
    (build,) = one.agent.builds
    assert (build.context.name, build.dockerfile, build.tags) == ("app", "Dockerfile", ("myreg.azurecr.io/app:cf1",))
    assert build.args == {"A": "b c"}
    assert "Hello from acrlab!" in one.log
    (image,) = ending.images
    assert (image.repository, image.tag, image.digest[:7]) == ("app", "cf1", "sha256:")
    (dependency,) = ending.dependencies
    assert (dependency.runtime.repository, dependency.runtime.registry) == ("hello-world", "mcr.microsoft.com")
    assert one.lines()[-3:] != []


def test_the_dockerfile_is_looked_for_where_the_step_stands(tmp_path):
    one = Run(tmp_path, {"app/Dockerfile": "FROM scratch\n"})
    assert one.task(A + "steps:\n  - build: -t x app\n").status == "Failed"
    assert "Output from dependency scanning: error opening dockerfile: Dockerfile" in "\n".join(one.lines())


def test_a_remote_context(run):
    ending = run.task(A + "steps:\n  - id: far\n    build: -t $Registry/x https://github.com/a/b.git#main\n")
    assert ending.status == "Succeeded"
    assert run.agent.builds[0].context == run.folder / "workspace/far"
    assert ending.dependencies[0].commit == "c0ffee"


def test_cache_is_buildkit(tmp_path):
    one = Run(tmp_path, {"Dockerfile": "FROM scratch\n"})
    one.task(A + "steps:\n  - build: -t x .\n    cache: enabled\n  - build: -t y .\n    env: [DOCKER_BUILDKIT=1]\n")
    assert [build.buildkit for build in one.agent.builds] == [True, True]
    assert one.agent.builds[0].cache
    assert "Task will use build cache, initializing buildkitd container" in one.lines()


def test_what_an_agent_lacks_is_told(run):
    run.agent.capabilities = Capabilities(engine="embedded", rung="chroot", run=True, reasons=("no namespaces here",))
    run.task(A + "steps:\n  - cmd: bash true\n")
    assert "acrlab: steps are confined by chroot: no namespaces here" in run.log


# Graphs, and ends.


def test_steps_wait_for_what_they_name(run):
    """Every one of these leaves a file, and finds those of the steps it waits for."""
    text = A + "steps:\n"
    text += (
        "".join(f"  - id: first{n}\n    cmd: bash -c 'echo > first{n}'\n    when: ['-']\n" for n in range(4))
        + "  - id: second\n    cmd: bash ls first0 first1 first2 first3\n    when: [first0, first1, first2, first3]\n"
    )
    assert run.task(text).status == "Succeeded"


def test_parallel_steps_run_at_the_same_time(run):
    """Two that wait for each other's file: one after the other, neither would end."""
    pairs = (("one", "two"), ("two", "one"))
    row = '  - id: {0}\n    when: ["-"]\n    timeout: 20\n'
    row += '    cmd: bash -c "echo > {0}; until [ -f {1} ]; do sleep 0.02; done"\n'
    assert run.task(A + "steps:\n" + "".join(row.format(*pair) for pair in pairs)).status == "Succeeded"


def test_the_time_of_the_run_is_up(run):
    ending = run.task(A + "steps:\n  - cmd: bash sleep 60\n", timeout=1.0)
    assert (ending.status, ending.error) == ("Timeout", "")
    assert run.lines()[-1] == "Launching container with name: acb_step_0"


def test_cancelled(run):
    started = threading.Event()

    def log(line):
        run.log.append(line)
        if line == "up":
            run.cancelled.set()
            started.set()

    order = Order(run="c", registry="r.azurecr.io", task_text=A + "steps:\n  - cmd: bash -c 'echo up; sleep 60'\n")
    assert run.order(order, log).status == "Canceled"
    assert started.is_set()


def test_a_cancelled_build_ends(tmp_path):
    one = Run(tmp_path, {"Dockerfile": "FROM scratch\nRUN wait\n"})

    def log(line):
        one.log.append(line)
        if line.startswith("Step 2/2"):
            one.cancelled.set()

    assert one.order(Order(run="c", registry="r.azurecr.io", dockerfile="Dockerfile"), log).status == "Canceled"


def test_the_time_of_a_build_step_is_up(tmp_path):
    one = Run(tmp_path, {"Dockerfile": "FROM scratch\nRUN wait\n"})
    assert one.task(A + "steps:\n  - build: -t x .\n    timeout: 1\n").status == "Failed"
    assert one.lines()[-1] == "failed to run step ID: acb_step_0: timed out"


def test_detached_containers_are_ended_with_the_run(run):
    run.task(A + "steps:\n  - id: web\n    cmd: bash sleep 60\n    detach: true\n  - cmd: bash true\n")
    assert not run.agent.running


def test_a_hundred_steps_ten_at_a_time(run):
    """Ten rows of ten; each step waits for the one above it and finds its file."""
    rows = [
        f"  - id: s{row}x{place}\n    cmd: bash -c '[ ! {row} -gt 0 ] || cat s{row - 1}x{place} > /dev/null; echo > "
        f"s{row}x{place}'\n    when: ['{f's{row - 1}x{place}' if row else '-'}']\n"
        for row in range(10)
        for place in range(10)
    ]
    assert run.task(A + "steps:\n" + "".join(rows)).status == "Succeeded"
    assert len(run.agent.started) == 100
    assert sum(" marked as successful" in line for line in run.log) == 100
    assert run.agent.most <= 10


def test_a_million_lines_take_no_room(run):
    """Lines are handed on as they come."""
    process, count = psutil.Process(), [0]

    def log(line):
        count[0] += 1

    before = process.memory_info().rss
    order = Order(run="c", registry="r.azurecr.io", task_text=A + "steps:\n  - cmd: bash seq 1000000\n")
    assert run.order(order, log).status == "Succeeded"
    assert count[0] > 1_000_000
    assert process.memory_info().rss - before < 64 << 20
