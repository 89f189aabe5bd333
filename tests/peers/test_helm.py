"""Helm's own Go SDK, as a library in an environment of its own: package, login, push, pull, as `helm` does them."""

import json
import textwrap

import pytest

from tests.peers.lanes import need

pytestmark = pytest.mark.peers

CHART = """\
apiVersion: v2
name: web
version: 0.1.0
description: A chart of one config map.
"""
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-web
data:
  image: {{ .Values.image }}
"""


@pytest.fixture(scope="module")
def registry(cloud):
    return cloud.registry("helmpeer")


@pytest.fixture
def chart(tmp_path):
    where = tmp_path / "web"
    (where / "templates").mkdir(parents=True)
    (where / "Chart.yaml").write_text(CHART)
    (where / "values.yaml").write_text("image: team/app:v1\n")
    (where / "templates" / "config.yaml").write_text(TEMPLATE)
    return where


@pytest.fixture
def helm(cloud, registry, tmp_path):
    """Runs a few lines of Python with `client`, `host`, `user` and `password` at hand; gives what they told."""
    python = need("helm-sdk")
    given = {"host": registry.login_server, "user": registry.username, "password": registry.password}
    begin = """\
        import json, os, sys
        import helm_python as helm
        host, user, password = (json.loads(os.environ["GIVEN"])[name] for name in ("host", "user", "password"))
        client = helm.RegistryClient(credentials_file="config.json")
        """

    def run(lines: str, *, fails: bool = False):
        program = textwrap.dedent(begin) + textwrap.dedent(lines)
        done = python.run(
            "-c", program, env=cloud.environment(HOME=str(tmp_path), GIVEN=json.dumps(given)), cwd=tmp_path,
            check=not fails,
        )  # fmt: skip
        return done.stderr if fails else json.loads(done.stdout)

    return run


def test_a_chart_goes_there_and_back(helm, chart, tmp_path, cloud, registry):
    told = helm("""
        client.login(host, user, password)
        archive = helm.package("web")
        client.push(archive, f"oci://{host}/charts")
        os.mkdir("pulled")
        client.pull(f"oci://{host}/charts/web", version="0.1.0", destination="pulled")
        newer = helm.package("web", version="0.2.0")
        client.push(newer, f"oci://{host}/charts")
        print(json.dumps({
            "tags": client.tags(f"oci://{host}/charts/web"),
            "digest": client.resolve(f"oci://{host}/charts/web:0.2.0")["digest"],
            "chart": client.show(f"oci://{host}/charts/web:0.1.0", output_format="chart"),
        }))
    """)
    assert told["tags"] == ["0.2.0", "0.1.0"] and "name: web" in told["chart"]
    assert (tmp_path / "pulled" / "web-0.1.0.tgz").read_bytes() == (tmp_path / "web-0.1.0.tgz").read_bytes()
    with cloud.session() as session:
        session.auth = (registry.username, registry.password)
        kind = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
        found = session.get(f"https://{registry.login_server}/v2/charts/web/manifests/0.2.0", headers=kind)
    assert found.headers["Docker-Content-Digest"] == told["digest"]
    assert found.json()["config"]["mediaType"] == "application/vnd.cncf.helm.config.v1+json"


def test_a_wrong_password_and_none(helm, chart):
    assert "401" in helm('client.login(host, user, "wrong")', fails=True)
    said = helm('client.push(helm.package("web"), f"oci://{host}/charts")', fails=True)
    assert "401" in said or "unauthorized" in said.lower()
