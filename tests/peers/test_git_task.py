"""From `git push` to a run: real git and real az in one shell, as the service's tutorial has them do it.

Source: container-registry-tutorial-build-task (2024-01), in our own words.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.peers.lanes import need

SECONDS = 300
SCRIPT = """\
set -e
az() { "$AZ" "$@" --only-show-errors; }
az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID" -o none
az group create -n lab -l westus -o none
az acr create -n contosogit -g lab --sku Standard -o none
acrlab git create contoso/app --from source --private --json > made.json
token=$(python -c 'import json; print(json.load(open("made.json"))["token"])')
context=https://github.com/contoso/app.git#main
az acr task create -r contosogit -n buildapp --image app:{{.Run.ID}} --context $context --file Dockerfile \\
    --git-access-token "$token" -o none
az acr task create -r contosogit -n other --image app:x --context $context --file Dockerfile \\
    --git-access-token wrong -o none 2> refused.txt && exit 9
git clone -q "https://x:$token@github.com/contoso/app.git" work
cd work && echo changed > a.txt && git add . && git commit -q -m "change a" && git push -q origin HEAD:main
git rev-parse HEAD > ../commit.txt && cd ..
for turn in 1 2 3 4 5 6 7 8 9 10; do
    status=$(az acr task list-runs -r contosogit --query '[0].status' -o tsv)
    case "$status" in Succeeded|Failed) break;; esac
done
az acr task list-runs -r contosogit -o json > runs.json
az acr task logs -r contosogit --run-id "$(az acr task list-runs -r contosogit --query '[0].runId' -o tsv)" > log.txt
az acr repository show-tags -n contosogit --repository app -o json > tags.json
az acr build -r contosogit -t app:byhand "https://x:$token@github.com/contoso/app.git#main" > build.txt 2>&1
az acr task delete -r contosogit -n buildapp --yes -o none
acrlab git list --json > repositories.json
"""


def test_a_push_is_built(tmp_path: Path) -> None:
    need("git")
    source = tmp_path / "source"
    source.mkdir()
    (source / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    home = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "ACRLAB_", "GIT_"))}
    bin = tmp_path / "bin"
    bin.mkdir()
    for name, words in (("acrlab", "-m acrlab"), ("python", "")):
        (bin / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        (bin / name).chmod(0o755)
    author = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (
        ("NAME", "Lena"), ("EMAIL", "lena@contoso.test"))}  # fmt: skip
    variables = {
        **home, **author, "AZ": str(need("az")), "ACRLAB_HOME": str(tmp_path / "home"), "HOME": str(tmp_path),
        "PATH": f"{bin}{os.pathsep}{home['PATH']}", "PYTHONPATH": str(Path(__file__).parents[2]),
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "acrlab", "run", "--", "bash", "-c", SCRIPT], cwd=tmp_path, env=variables,
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    commit = (tmp_path / "commit.txt").read_text().strip()
    (run,) = json.loads((tmp_path / "runs.json").read_text())
    assert (run["status"], run["task"], run["sourceTrigger"]["commitId"]) == ("Succeeded", "buildapp", commit)
    assert f"git-head-revision: {commit}" in (tmp_path / "log.txt").read_text()
    assert json.loads((tmp_path / "tags.json").read_text()) == [run["runId"]]
    assert "Failed to create webhook for repository" in (tmp_path / "refused.txt").read_text()
    assert "was successful after" in (tmp_path / "build.txt").read_text()
    (repository,) = json.loads((tmp_path / "repositories.json").read_text())
    assert repository["private"] and repository["hooks"] == [], "the webhook goes with its task"
