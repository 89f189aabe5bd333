"""Container engines with nothing but an environment: their daemons, started by hand in folders of their own."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.peers.lanes import need, not_run

STARTUP_SECONDS = 30.0

CONTAINERD = """\
version = 2
root = "{where}/root"
state = "{where}/state"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "{hosts}"
"""

HOSTS = """\
server = "https://{host}"
[host."https://{host}"]
  capabilities = ["pull", "resolve", "push"]
  ca = "{ca}"
"""


def hosts(folder: Path, host: str, ca: str) -> Path:
    """A folder that says whose certificate to trust for a registry, as nodes have in /etc/containerd/certs.d."""
    (folder / host).mkdir(parents=True)
    (folder / host / "hosts.toml").write_text(HOSTS.format(host=host, ca=ca))
    return folder


@contextlib.contextmanager
def containerd(where: Path, certificates: Path, env: Mapping[str, str]) -> Iterator[Path]:
    """containerd with its CRI service; gives the socket."""
    tool = need("containerd")
    listening = where / "c.sock"
    config = where / "config.toml"
    config.write_text(CONTAINERD.format(where=where, socket=listening, hosts=certificates))
    with _daemon([str(tool), "--config", str(config)], listening, where, env):
        yield listening


@contextlib.contextmanager
def dockerd(where: Path, env: Mapping[str, str], *more: str) -> Iterator[Path]:
    """dockerd that touches neither the firewall nor the network of the machine; gives the socket.

    `more` are words of its own command line.
    """
    tool = need("dockerd")
    listening = where / "d.sock"
    own = ["--data-root", str(where / "data"), "--exec-root", str(where / "exec"), "--pidfile", str(where / "pid")]
    apart = ["--iptables=false", "--ip6tables=false", "--bridge=none", "--host", f"unix://{listening}"]
    with _daemon([str(tool), *own, *apart, *more], listening, where, env):
        yield listening


@contextlib.contextmanager
def _daemon(command: list[str], listening: Path, where: Path, env: Mapping[str, str]) -> Iterator[None]:
    if getattr(os, "geteuid", lambda: 1)() != 0:
        not_run(f"{Path(command[0]).name}: only root can start it")
    log = where / "log"
    with open(log, "wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=dict(env), cwd=where)
    try:
        _await(listening, process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        unmount(where)


def unmount(where: Path) -> None:
    """What a daemon has left mounted below its folder: nobody could delete that."""
    below = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for each in sorted((each for each in below if each.startswith(f"{where}/")), reverse=True):
        subprocess.run(["umount", "-l", each], check=False, capture_output=True)


def _await(listening: Path, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            not_run(f"{process.args[0]} does not start here: {log.read_text(errors='replace')[-600:]}")  # type: ignore[index]
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(listening))
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args} does not listen:\n{log.read_text(errors='replace')[-4000:]}")
