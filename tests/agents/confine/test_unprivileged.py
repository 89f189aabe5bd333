"""The same tests as a user without any privilege, with and without subordinate ids, when this one is root."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from acrlab.agents.confine.rungs import CHROOT, MANY, SINGLE
from tests.architecture.tree import HOME
from tests.peers.lanes import not_run

USER, STAGE = 54321, "/mnt"
# In a mount namespace of its own, where the interpreter is reachable and the user known: the machine stays as it is.
# An interpreter built as a library looks for it where it was installed, which the user may not enter, and would take
# that of another interpreter of the machine.
SCRIPT = """
set -e
mount --make-rprivate /
mount -t tmpfs none {stage}
mkdir {stage}/python {stage}/venv {stage}/work {stage}/home
mount --bind {home} {stage}/home
mount --bind {base} {stage}/python
mount --bind {site} {stage}/venv
chown {user}:{user} {stage}/work
cp /etc/passwd {stage}/passwd; echo 'learner:x:{user}:{user}::/:/bin/sh' >> {stage}/passwd
mount --bind {stage}/passwd /etc/passwd
for kind in subuid subgid; do
    echo '{subordinate}' > {stage}/$kind; touch /etc/$kind; mount --bind {stage}/$kind /etc/$kind
done
cd {stage}/work
exec setpriv {as_whom} env -i PATH=/usr/bin:/bin \
    LD_LIBRARY_PATH={stage}/python/lib PYTHONPATH={stage}/venv:{stage}/home PYTHONDONTWRITEBYTECODE=1 \
    HOME={stage}/work TMPDIR={stage}/work \
    {stage}/python/bin/{python} -m pytest -q -rs \
    -p no:cacheprovider --rootdir {stage}/home -c {stage}/home/pyproject.toml {stage}/home/tests/agents/confine \
    --deselect tests/agents/confine/test_unprivileged.py
"""


# What a container of docker's leaves to its root.
BOUND = ("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service")
BOUND += ("net_raw", "sys_chroot", "mknod", "audit_write", "setfcap")
CONTAINED = f"--inh-caps -all --bounding-set -all,{','.join(f'+{name}' for name in BOUND)}"
NOBODY = f"--reuid {USER} --regid {USER} --clear-groups"
CASES = {
    "subordinate ids": (NOBODY, "learner:600000:65536", MANY),
    "a single id": (NOBODY, "", SINGLE),
    "root of a container": (CONTAINED, "", CHROOT),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_same_without_privileges(case: str) -> None:
    if os.geteuid():
        pytest.skip("this user is unprivileged already")
    as_whom, subordinate, rung = CASES[case]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script(as_whom, subordinate)], text=True, capture_output=True, check=False
    )
    told = done.stdout + done.stderr
    if "setpriv: " in told or "unshare: " in told.split("\n")[0]:
        not_run(f"tests without privileges: {told.strip()}")
    assert done.returncode == 0, told
    assert f"rung {rung.title}:" not in told, told


def script(as_whom: str, subordinate: str) -> str:
    site = next(path for path in sys.path if path.endswith("site-packages"))
    return SCRIPT.format(
        stage=STAGE,
        base=sys.base_prefix,
        site=site,
        user=USER,
        as_whom=as_whom,
        subordinate=subordinate,
        home=HOME,
        python=Path(os.path.realpath(sys.executable)).name,
    )
