"""Other registries and nginx, started on loopback for a comparison and stopped again."""

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.peers.tools import Tool

STARTUP_SECONDS = 20.0

DISTRIBUTION = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {data}}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}"}}
"""

NGINX = """\
{user}
daemon off;
worker_processes 1;
pid {where}/nginx.pid;
error_log {where}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  client_body_temp_path {where}/body; proxy_temp_path {where}/proxy; fastcgi_temp_path {where}/fcgi;
  uwsgi_temp_path {where}/uwsgi; scgi_temp_path {where}/scgi;
  default_type application/octet-stream;
  server {{ listen 127.0.0.1:{port}; root {where}/files; }}
}}
"""


@dataclass
class Server:
    name: str
    port: int
    process: subprocess.Popen[bytes]
    seconds_to_answer: float
    where: Path

    @property
    def resident(self) -> int:
        """Bytes resident in this process and its children."""
        root = psutil.Process(self.process.pid)
        return sum(p.memory_info().rss for p in [root, *root.children(recursive=True)])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(
    name: str, command: list[str], port: int, where: Path, env: dict[str, str] | None = None
) -> Iterator[Server]:
    """Starts a server, waits for its first HTTP answer, and stops it at the end."""
    with open(where / "log", "wb") as log:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=log, stderr=log, env=env, cwd=where)
        try:
            seconds = await_answer(port, begun, process, where / "log")
            yield Server(name, port, process, seconds, where)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def await_answer(port: int, begun: float, process: subprocess.Popen[bytes], log: Path) -> float:
    """Seconds from `begun` until the port gives any HTTP answer to GET /v2/."""
    deadline = begun + STARTUP_SECONDS
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended:\n{log.read_text(errors='replace')[-2000:]}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/v2/")
            connection.getresponse().read()
            connection.close()
            return time.perf_counter() - begun
        time.sleep(0.002)
    raise RuntimeError(f"{process.args} does not answer on port {port}")


@contextlib.contextmanager
def distribution(tool: Tool, where: Path) -> Iterator[Server]:
    """A CNCF distribution registry, 2.8 or v3, on a folder of its own."""
    where.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = where / "config.yml"
    config.write_text(DISTRIBUTION.format(data=where / "data", port=port))
    env = {**os.environ, "OTEL_TRACES_EXPORTER": "none", "OTEL_SDK_DISABLED": "true"}
    with running(tool.name, [str(tool), "serve", str(config)], port, where, env) as server:
        yield server
    shutil.rmtree(where / "data", ignore_errors=True)


@contextlib.contextmanager
def nginx(tool: Tool, where: Path) -> Iterator[Server]:
    """nginx with one worker, serving the files put into `where / "files"`."""
    (where / "files").mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = where / "nginx.conf"
    # started by root it would drop to an account that may not enter a temporary folder
    user = "user root;" if getattr(os, "getuid", lambda: 1)() == 0 else ""
    config.write_text(NGINX.format(where=where, port=port, user=user))
    command = [str(tool), "-c", str(config), "-p", str(where), "-e", str(where / "error.log")]
    with running(tool.name, command, port, where) as server:
        yield server
