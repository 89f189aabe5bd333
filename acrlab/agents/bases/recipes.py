"""What stand-ins are made of."""

import functools
import os
import re
import ssl
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from acrlab.agents import azure_cli
from acrlab.agents.archive import written
from acrlab.agents.bases import distribution
from acrlab.agents.bases.hello import program
from acrlab.agents.bases.made import PATH, Made, Recipe, architecture
from acrlab.agents.bases.rootfs import Rootfs, found
from acrlab.agents.protocol import EngineFailed
from acrlab.agents.snapshot import changes, snapshot

# fmt: off
SHELL = (
    "sh", "awk", "base64", "basename", "cat", "chgrp", "chmod", "chown", "cmp", "cp", "cut", "date", "dd", "df", "diff",
    "dirname", "du", "echo", "env", "expr", "false", "find", "grep", "gunzip", "gzip", "head", "hostname", "id",
    "install", "kill", "ln", "ls", "md5sum", "mkdir", "mkfifo", "mktemp", "mv", "nproc", "od", "printenv", "printf",
    "ps", "pwd", "readlink", "realpath", "rm", "rmdir", "sed", "seq", "sha1sum", "sha256sum", "sleep", "sort", "split",
    "stat", "sync", "tail", "tar", "tee", "test", "timeout", "touch", "tr", "true", "uname", "uniq", "wc", "wget",
    "which", "whoami", "xargs", "yes",
)
# fmt: on
_NOT_SHIPPED = re.compile(
    r"(^|/)(__pycache__|test|tests|idlelib|tkinter|turtledemo|lib2to3|config-[^/]*)($|/)|\.(a|pyc)$"
    r"|^site-packages/(?!pip)|^\./(site-packages|dist-packages)/(?!pip)"
)
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
AZ = "/opt/acrlab/az"  # where a step finds the modules of az
_HELLO = """
Hello from Docker!
This message shows that your installation appears to be working correctly.

(This is the stand-in that acrlab makes for hello-world where there is no internet.)
"""
_ENTRY = """#!/bin/sh
# options are for bash; anything else is a command
case "$1" in "" | -*) exec bash "$@" ;; esac
exec "$@"
"""
_NO_PACKAGES = """#!/bin/sh
echo "{name}: acrlab assembled this image from files of its machine; there are no packages to install in it" >&2
exit 1
"""
_WELCOME = """<!DOCTYPE html>
<html><head><title>Welcome to nginx!</title></head>
<body><h1>Welcome to nginx!</h1><p>Served by acrlab's stand-in: static files, and no configuration.</p></body></html>
"""
_AZ = f"""#!/bin/sh
if [ ! -d {AZ} ]; then
  echo "az: acrlab lends the Azure CLI to steps that run this image itself, and to nothing that is built from it" >&2
  exit 127
fi
PYTHONPATH={AZ} exec python3 -m azure.cli "$@"
"""
_AZ_ENTRY = """#!/bin/sh
case "$1" in az | sh | bash) exec "$@" ;; esac
exec az "$@"
"""
WEB: Mapping[str, Any] = {"Cmd": ["nginx", "-g", "daemon off;"], "ExposedPorts": {"80/tcp": {}}}
BASH: Mapping[str, Any] = {"Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["bash"]}
_NGINX = """#!/bin/sh
exec python3 -m http.server 80 --directory /usr/share/nginx/html
"""
_ADDUSER = """#!/bin/sh
# as busybox has it: adduser [-D] [-S] [-H] [-h HOME] [-s SHELL] [-G GROUP] [-u UID] [-g GECOS] USER [GROUP]
home= shell=/bin/sh group= uid= none=
while getopts DSHh:s:G:u:g: option; do
  case $option in h) home=$OPTARG ;; s) shell=$OPTARG ;; G) group=$OPTARG ;; u) uid=$OPTARG ;; H) none=1 ;; *) ;; esac
done
shift $((OPTIND - 1))
name=$1
[ -n "$name" ] || { echo "adduser: a name is needed" >&2; exit 1; }
if [ -n "$2" ]; then
  sed -i "s/^\\($2:[^:]*:[^:]*:.*[^:]\\)$/\\1,$name/; s/^\\($2:[^:]*:[^:]*:\\)$/\\1$name/" /etc/group
  exit
fi
grep -q "^$name:" /etc/passwd && { echo "adduser: user '$name' in use" >&2; exit 1; }
uid=${uid:-$(awk -F: 'BEGIN { n = 999 } $3 > n && $3 < 60000 { n = $3 } END { print n + 1 }' /etc/passwd)}
[ -n "$group" ] || { group=$name; grep -q "^$name:" /etc/group || echo "$name:x:$uid:" >>/etc/group; }
gid=$(awk -F: -v g="$group" '$1 == g { print $3 }' /etc/group)
[ -n "$gid" ] || { echo "adduser: unknown group $group" >&2; exit 1; }
home=${home:-/home/$name}
echo "$name:x:$uid:$gid::$home:$shell" >>/etc/passwd
[ -n "$none" ] || { mkdir -p "$home" && chown "$uid:$gid" "$home"; }
"""
_ADDGROUP = """#!/bin/sh
# as busybox has it: addgroup [-S] [-g GID] GROUP, or addgroup USER GROUP
gid=
while getopts Sg: option; do case $option in g) gid=$OPTARG ;; *) ;; esac; done
shift $((OPTIND - 1))
[ -z "$2" ] || exec adduser "$1" "$2"
grep -q "^$1:" /etc/group && { echo "addgroup: group '$1' in use" >&2; exit 1; }
gid=${gid:-$(awk -F: 'BEGIN { n = 999 } $3 > n && $3 < 60000 { n = $3 } END { print n + 1 }' /etc/group)}
echo "$1:x:$gid:" >>/etc/group
"""


def hello(folder: Path, blobs: Path, name: str) -> list[Made]:
    """A program that says hello, for two machines; for Windows a file that would."""
    made = []
    for machine in ("amd64", "arm64"):
        root = folder / machine
        root.mkdir(parents=True)
        _file(root / "hello", program(machine, _HELLO.encode()), 0o755)
        layer = written(root, changes({}, snapshot(root)), blobs, {})
        made.append(Made("linux", machine, {"Cmd": ["/hello"], "Env": [PATH], "WorkingDir": "/"}, layer))
    root = folder / "windows"
    root.mkdir()
    lines = [f"@echo{' ' + line if line else '.'}" for line in _HELLO.strip().splitlines()]
    _file(root / "hello.cmd", "\r\n".join([*lines, ""]).encode(), 0o644)
    layer = written(root, changes({}, snapshot(root)), blobs, {}, windows=True)
    made.append(Made("windows", "amd64", {"Cmd": ["cmd", "/C", "hello.cmd"], "WorkingDir": "C:\\"}, layer))
    return made


def shell(folder: Path, blobs: Path, name: str) -> list[Made]:
    """A shell and its tools."""
    root = _shell(folder / "root", name)
    return _made(root, blobs, {"Cmd": ["sh"]})


def bash(folder: Path, blobs: Path, name: str) -> list[Made]:
    """bash; what is no option of it is started as a command."""
    root = _shell(folder / "root", name, "bash")
    return _made(entered(root), blobs, BASH)


def entered(root: Rootfs) -> Rootfs:
    """With what starts bash or a command."""
    root.write("/usr/local/bin/docker-entrypoint.sh", _ENTRY, 0o755)
    return root


def curl(folder: Path, blobs: Path, name: str) -> list[Made]:
    """curl, with the certificates this machine trusts."""
    return _made(_shell(folder / "root", name, "curl"), blobs, {"Entrypoint": ["curl"]})


def python(folder: Path, blobs: Path, name: str) -> list[Made]:
    """The Python that this runs on, with its standard library and pip."""
    root = _python(folder / "root", name)
    full = ".".join(map(str, sys.version_info[:3]))
    return _made(root, blobs, {"Cmd": ["python3"], "Env": [PATH, f"PYTHON_VERSION={full}"]})


def azure(folder: Path, blobs: Path, name: str) -> list[Made]:
    """Python and bash for the Azure CLI; its modules are lent to the steps that use it (about 700 MB)."""
    root = _python(folder / "root", name)
    root.libraries([str(each) for each in azure_cli.modules().rglob("*.so")])
    root.write("/usr/local/bin/az", _AZ, 0o755)
    root.write("/usr/local/bin/docker-entrypoint.sh", _AZ_ENTRY, 0o755)
    short = name.endswith("/acr/azure-cli")  # what the alias az stands for: `az acr list` gives it `acr list`
    return _made(root, blobs, {"Entrypoint": ["docker-entrypoint.sh"]} if short else {"Cmd": ["bash"]})


def node(folder: Path, blobs: Path, name: str) -> list[Made]:
    """The Node.js of this machine, with npm where it is there."""
    root = _shell(folder / "root", name, "bash", user="node")
    executable = Path(_node()).resolve()
    root.copy(executable, "/usr/local/bin/node")
    root.libraries([str(executable)])
    for modules in (executable.parents[1] / "lib/node_modules", Path("/usr/lib/node_modules")):
        if (modules / "npm").is_dir():
            root.tree(modules / "npm", "/usr/local/lib/node_modules/npm", re.compile(r"(^|/)(docs|man|html)($|/)"))
            for tool in ("npm", "npx"):
                root.link(f"/usr/local/bin/{tool}", f"../lib/node_modules/npm/bin/{tool}-cli.js")
            break
    version = _node_version().removeprefix("v")
    return _made(root, blobs, {"Cmd": ["node"], "Env": [PATH, f"NODE_VERSION={version}"]})


def web(folder: Path, blobs: Path, name: str) -> list[Made]:
    """A server for the files in nginx's folder, started as nginx is."""
    root = _python(folder / "root", name)
    return _made(served(root), blobs, WEB)


def served(root: Rootfs) -> Rootfs:
    """With nginx's folder, and something of its name that serves it."""
    root.write("/usr/share/nginx/html/index.html", _WELCOME)
    root.write("/usr/local/bin/nginx", _NGINX, 0o755)
    return root


def debian(folder: Path, blobs: Path, name: str) -> list[Made]:
    """Debian itself, of its own packages."""
    return [distribution.debian(folder, blobs, architecture())]


def says(recipe: Recipe) -> str:
    """What a stand-in is, for its label and for logs."""
    machine = "from files of the machine it runs on"
    python_version = ".".join(map(str, sys.version_info[:3]))
    told: dict[Recipe, str] = {
        hello: "a program that says hello, made by acrlab",
        shell: f"a shell and its tools, put together by acrlab {machine}",
        bash: f"bash and the tools of a shell, put together by acrlab {machine}",
        curl: f"curl and the tools of a shell, put together by acrlab {machine}",
        python: f"Python {python_version}, put together by acrlab {machine}",
        node: f"Node.js {_node_version()}, put together by acrlab {machine}",
        azure: f"the Azure CLI of this machine, lent to steps, with Python {python_version}, put together by acrlab",
        debian: "Debian of the packages that this machine's apt gets, put together by acrlab without their scripts",
        web: f"a server of static files without nginx's configuration, in Python {python_version}, made by acrlab",
    }
    return told[recipe]


def missing(recipe: Recipe) -> str:
    """Why a stand-in cannot be made here; nothing when it can."""
    if recipe is hello:
        return ""
    if sys.platform != "linux":
        return "programs for Linux are taken from the machine, and this one is no Linux"
    if recipe is azure:
        return _no_az()
    if recipe is debian:
        return distribution.missing(architecture())
    needs: dict[Recipe, str] = {bash: "bash", curl: "curl", node: "node"}
    needed = needs.get(recipe, "sh")
    return "" if found([needed]) else f"this machine has no {needed}"


def _no_az() -> str:
    try:
        azure_cli.modules()
    except azure_cli.AzMissing as missing:
        return str(missing)
    return ""


def _shell(folder: Path, name: str, *more: str, user: str = "") -> Rootfs:
    """With a user beside root where the real image has one."""
    root = Rootfs(folder)
    root.programs(found([*SHELL, *more]))
    return dressed(root, name, user)


def dressed(root: Rootfs, name: str, user: str = "") -> Rootfs:
    """With the accounts, the name and the certificates of a small image."""
    account, group = (f"{user}:x:1000:1000::/home/{user}:/bin/sh\n", f"{user}:x:1000:\n") if user else ("", "")
    root.write("/etc/passwd", f"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n{account}")
    root.write("/etc/group", f"root:x:0:\nnogroup:x:65534:\n{group}")
    root.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    said = f"acrlab stand-in for {name}"
    root.write("/etc/os-release", f'NAME="{said}"\nID=acrlab-stand-in\nPRETTY_NAME="{said}"\n')
    root.write("/usr/local/bin/adduser", _ADDUSER, 0o755)
    root.write("/usr/local/bin/addgroup", _ADDGROUP, 0o755)
    for tool in ("apk", "apt-get"):
        root.write(f"/usr/local/bin/{tool}", _NO_PACKAGES.format(name=tool), 0o755)
    if CERTIFICATES.is_file():
        root.copy(CERTIFICATES, str(CERTIFICATES))
    return root


def _python(folder: Path, name: str) -> Rootfs:
    root = _shell(folder, name, "bash")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    executable = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    root.copy(executable, f"/usr/local/bin/{version}")
    for link in ("python3", "python"):
        root.link(f"/usr/local/bin/{link}", version)
    prefix = {"base": sys.base_prefix, "installed_base": sys.base_prefix}
    loaded = root.tree(Path(sysconfig.get_path("stdlib", vars=prefix)), f"/usr/local/lib/{version}", _NOT_SHIPPED)
    root.libraries([str(executable), *loaded])
    trusted = ssl.get_default_verify_paths().openssl_cafile  # where its OpenSSL was built to look
    if CERTIFICATES.is_file() and trusted != str(CERTIFICATES):
        root.link(trusted, str(CERTIFICATES))
    root.write("/usr/local/bin/pip", '#!/bin/sh\nexec python3 -m pip "$@"\n', 0o755)
    root.link("/usr/local/bin/pip3", "pip")
    return root


def _made(root: Rootfs, blobs: Path, config: Mapping[str, Any]) -> list[Made]:
    return [Made("linux", architecture(), {"Env": [PATH], "WorkingDir": "/", **config}, root.layer(blobs))]


def _file(path: Path, content: bytes, mode: int) -> None:
    path.write_bytes(content)
    path.chmod(mode)
    os.utime(path, (0, 0))


def _node() -> str:
    places = found(["node"])
    if not places:
        raise EngineFailed("this machine has no node")
    return places[0]


@functools.cache
def _node_version() -> str:
    places = found(["node"])
    if not places:
        return ""
    return subprocess.run([places[0], "--version"], capture_output=True, text=True, check=False).stdout.strip()
