"""What the stand-ins for sample repositories hold.

Source: names and commands of container-registry-tutorial-quick-task, -build-task, -base-image-update, -multistep-task
and container-registry-tasks-reference-yaml (2023-10 to 2024-01); the content is acrlab's own.
"""

from collections.abc import Mapping

import msgspec


class Repository(msgspec.Struct, frozen=True):
    """A repository by its files."""

    what: str
    files: Mapping[str, str]


_NODE = """FROM node:15-alpine

COPY . /src
RUN cd /src && npm install
EXPOSE 80
CMD ["node", "/src/server.js"]
"""
_APP = """ARG REGISTRY_NAME
FROM ${REGISTRY_NAME}/baseimages/node:15-alpine

COPY . /src
RUN cd /src && npm install
EXPOSE 80
CMD ["node", "/src/server.js"]
"""
_BASE = """FROM node:15-alpine
ENV NODE_VERSION 15.2.1
"""
_PACKAGE = """{
  "name": "hello-from-acrlab",
  "version": "1.0.0",
  "private": true,
  "main": "server.js",
  "scripts": {"start": "node server.js"},
  "dependencies": {}
}
"""
_SERVER = """const http = require('http');

const version = process.env.NODE_VERSION || process.version;

http.createServer((request, response) => {
  response.writeHead(200, {'Content-Type': 'text/plain'});
  response.end(`Hello World\\nVersion: ${version}\\n`);
}).listen(80, () => console.log('listening on port 80'));
"""
_MULTI = """version: v1.1.0
steps:
  # Build the web server, and push it under the id of the run.
  - build: -t $Registry/hello-world:$ID -f Dockerfile .
  - push:
      - $Registry/hello-world:$ID
"""
_HELLO = "FROM mcr.microsoft.com/hello-world\n"


def _steps(*steps: str) -> str:
    return "version: v1.1.0\nsteps:\n" + "".join(f"  - {step}\n" for step in steps)


REPOSITORIES: Mapping[str, Repository] = {
    "github.com/azure-samples/acr-build-helloworld-node": Repository(
        "a small web server in Node.js, written by acrlab with the file names of the sample",
        {
            "Dockerfile": _NODE, "Dockerfile-app": _APP, "Dockerfile-base": _BASE, "package.json": _PACKAGE,
            "server.js": _SERVER, "taskmulti.yaml": _MULTI, "README.md": "# Hello, written by acrlab\n",
        },
    ),
    "github.com/azure-samples/acr-tasks": Repository(
        "small task files, written by acrlab with the file names of the sample",
        {
            "hello-world.dockerfile": _HELLO,
            "hello-world.yaml": _steps("cmd: mcr.microsoft.com/hello-world"),
            "bash-echo.yaml": _steps("cmd: bash echo hello world"),
            "build-hello-world.yaml": _steps("build: -t $Registry/hello-world:$ID -f hello-world.dockerfile ."),
            "build-push-hello-world.yaml": _steps(
                "build: -t $Registry/hello-world:$ID -f hello-world.dockerfile .",
                "push: [\"$Registry/hello-world:$ID\"]",
            ),
            "build-run-hello-world.yaml": _steps(
                "build: -t $Registry/hello-world:$ID -f hello-world.dockerfile .", "cmd: $Registry/hello-world:$ID"
            ),
            "when-sequential-default.yaml": _steps("cmd: bash echo one", "cmd: bash echo two", "cmd: bash echo three"),
            "when-parallel.yaml": _steps(
                "{cmd: bash echo one, when: [\"-\"]}", "{cmd: bash echo two, when: [\"-\"]}",
                "{cmd: bash echo three, when: [\"-\"]}",
            ),
        },
    ),
}  # fmt: skip
