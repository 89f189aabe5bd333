"""Thirty Dockerfiles that every builder makes the same tree of, and the context that they are built from."""

import os
import shutil
import subprocess
from pathlib import Path

import msgspec

SHELL = "FROM scratch\nCOPY host /\n"
TIDY = "rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/* /var/lib/dpkg/*-old"  # what has the time in it
HOST = {
    "host/etc/passwd": "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n",
    "host/etc/group": "root:x:0:\napp:x:1001:\n",
    **dict.fromkeys(("host/etc/hosts", "host/etc/hostname", "host/etc/resolv.conf"), ""),
}
FILES = {"a": "a\n", "b/a": "ba\n", "b/c": "bc\n", "b/d/e": "bde\n", "with space": "s\n"}
IGNORE = "host\nb/*\n!b/d\n*.gz\n"


class Case(msgspec.Struct, frozen=True):
    """A Dockerfile. `kit`: only builders with BuildKit's instructions take it; `ignore` is its .dockerignore."""

    text: str
    kit: bool = False
    ignore: str = ""


CASES = {
    "files": Case(SHELL + "COPY a /x/a\nCOPY a b/ /many/\nCOPY b /new\nCOPY b/c /x\nCOPY a /x/\n"
                  "RUN true\nCOPY . /all\n"),
    "names": Case(SHELL + "COPY b/* /star/\nCOPY [\"with space\", \"/with space/\"]\nCOPY ?  /q/\n"
                  "COPY b/[a-d] /class/\n"),
    "owners": Case(SHELL + "COPY --chown=1000:1001 b /owned\nCOPY --chown=app:app a /home/app/\n"
                   "COPY --chown=7 a /seven\n"),
    "stages": Case("FROM scratch AS one\nCOPY host /\n"
                   "RUN mkdir -p /o/p && echo x >/o/p/f && chown -R 5:6 /o && chmod 2750 /o\n"
                   "FROM scratch\nCOPY --from=one /o /copied\nCOPY --from=0 /o/p/f /f\n"),
    "archives": Case(SHELL + "ADD t.tar.gz /in\nADD t.tar.gz a /in2/\nCOPY t.tar.gz /kept\n"),
    "workdir": Case(SHELL + "WORKDIR /w/x\nCOPY a .\nWORKDIR ../y\nRUN pwd >out\nWORKDIR /link\nRUN echo here >out\n"),
    "modes": Case(SHELL + "RUN echo s >/s && chmod 4755 /s && mkdir -m 1777 /sticky && touch /none && chmod 0 /none\n"),
    "links": Case(SHELL + "RUN mkdir /l && echo 1 >/l/a && ln /l/a /l/b && ln -s ../nowhere /l/c && ln -s /l/a /l/d\n"
                  "RUN echo 2 >/l/b\n"),
    "deleted": Case(SHELL + "RUN mkdir -p /d/e/f && touch /d/e/f/g /d/h\n"
                    "RUN rm -r /d/e && rm /d/h && touch /d/e\nRUN rm /bin/touch\n"),
    "opaque": Case(SHELL + "RUN mkdir /d && touch /d/1 /d/2\n"
                   "RUN rm -r /d && mkdir /d && touch /d/3\nRUN mv /d /m && mkdir /d\n"),
    "replaced": Case(SHELL + "COPY a /r\nRUN rm /r && mkdir /r && touch /r/in\n"
                     "RUN rm -r /r && ln -s /bin /r\nRUN ls /r/sh\n"),
    "touched": Case(SHELL + "COPY a /t/a\nRUN chmod 600 /t/a\n"
                    "RUN chown 3:4 /t/a\nRUN mv /t/a /t/b && cp /t/b /t/a\nRUN true\n"),
    "users": Case(SHELL + "RUN mkdir /u && chown app /u\nUSER app\nWORKDIR /u\nRUN touch mine && id >id\n"
                  "COPY a roots\n"),
    "ignored": Case("FROM scratch\nCOPY kept /\nCOPY . /all/\n", ignore=IGNORE),
    "variables": Case(SHELL + "ARG A=1\nENV B=$A C=\"two words\"\n"
                      "COPY a /$B/\nRUN echo \"$A$B$C\" >/said; echo ${C#two }>>/said\n"),
    "specials": Case(SHELL + "RUN mkfifo /pipe; touch '/sp ace' /ümläut; echo long >/" + "n" * 150 + "\n"),
    "triggers": Case("FROM scratch AS base\nCOPY host /\nONBUILD RUN echo built >/on\nONBUILD COPY a /on-a/\n"
                     "ONBUILD WORKDIR /o\nFROM base\nRUN echo after >here\n"),
    "shells": Case(SHELL + 'SHELL ["/bin/sh", "-e", "-c"]\nRUN echo "$0 $-" >/with; true\n'
                   'RUN ["/bin/sh", "-c", "echo \\"$HOME\\" >/exec"]\nRUN echo one \\\n# between\n  two >/lines\n'),
    "arguments": Case("ARG FROM=scratch\nFROM ${FROM} AS one\nFROM ${FROM}\nCOPY host /\nARG FROM\nARG P=/p\n"
                      "ENV D=${P:-none}/d E=${NOT:-e} F=${P:+f}\nCOPY a ${D}/$E$F\\$E\n"
                      "RUN echo \"$FROM $D $E $F\" >$P/said\n"),
    "through": Case(SHELL + "RUN mkdir /real && ln -s real /way && ln -s /real /whole\n"
                    "COPY a /way/\nCOPY b /whole/b\nWORKDIR /way\nCOPY b/c ./\nRUN echo x >/whole/y\n"),
    "folders": Case(SHELL + "COPY b /n1/\nCOPY b/ /n2/n3/\nCOPY b/d /n1/d\nCOPY b /n1\nRUN true\n"
                    "ADD b b/d /n4/\nCOPY empty /n5\n"
                    "COPY . /n6/n7/\n"),
    "between": Case("FROM scratch AS one\nCOPY host /\nRUN mkdir -p /s/sub && echo 1 >/s/1 && ln -s 1 /s/l && "
                    "ln /s/1 /s/sub/h && chown -R 9:9 /s && chmod 700 /s/sub\nFROM one AS two\nRUN echo 2 >/s/2\n"
                    "FROM scratch\nCOPY --from=two /s /whole/\nCOPY --from=one /s/* /each/\n"
                    "COPY --from=one --chown=4:5 /s/sub /given\nCOPY --from=one /s/l /s/1 /many/\n"),
    "given": Case(SHELL + "RUN touch /f && mkdir /d && chmod 4711 /f && chmod 2770 /d\nRUN chown 12:34 /f /d\n"
                  "RUN chmod 6711 /f && touch /d/x && ln -s /f /d/l && chown -h 5:6 /d/l\n"),
    "mounts": Case(SHELL + "RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t "
                   "echo x >/c/x && echo y >/t/y && cp /c/x /t/y /\n"
                   "RUN --mount=type=bind,source=b,target=/m cp -r /m /copied\n"
                   "RUN --mount=type=bind,source=a,target=/m2/a cat /m2/a >/read\n"
                   "RUN rm -rf /c /t /m /m2\n", kit=True),  # some leave what they mount on
    "chmod": Case(SHELL + "COPY --chmod=640 a /c/\nCOPY --chmod=751 --chown=3 b /d\nADD --chmod=700 a /e\n", kit=True),
}  # fmt: skip
DEBIAN = {
    "debian users": "RUN useradd -m -u 1234 app && su app -c 'id >~/id && touch ~/mine' && passwd -l app && "
                    "chage -d 0 app && rm -f /etc/*-\n",  # copies as old and as long as what they replace
    "debian packages": f"RUN apt-get update && apt-get install -y --no-install-recommends hello && {TIDY}\n",
    "debian modes": "RUN chmod 4755 /bin/ls && ln /bin/ls /usr/local/bin/l && "
                    "chown games:games /srv && chmod g+s /srv\n"
                    "RUN cp -a /bin/su /usr/local/bin/su && setpriv --version >/version\n",
    "debian opaque": "RUN rm -rf /usr/share/doc && mkdir /usr/share/doc && touch /usr/share/doc/new\n"
                     "RUN rm -rf /usr/share/man\n",
    "debian removed": f"RUN dpkg --purge --force-all gpgv && {TIDY}\n"
                      "RUN mv /usr/share/keyrings /z && cp -a /z /y\n",
}  # fmt: skip
CASES |= {name: Case(f"FROM scratch\nADD debian.tar /\n{text}") for name, text in DEBIAN.items()}


def place(context: Path, case: Case) -> None:
    """What the Dockerfiles copy, beside the programs of this machine in `host`."""
    for name, content in (HOST | FILES).items():
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_text(content)
    (context / "b" / "link").symlink_to("c")
    (context / "b" / "a").chmod(0o711)
    (context / "b" / "d").chmod(0o750)
    (context / "host" / "link").symlink_to("w/x")
    for folder in ("empty", "host/dev", "host/proc", "host/run", "host/sys", "host/tmp"):
        (context / folder).mkdir()  # those in host are what builders mount on, and some leave there
    if case.ignore:
        (context / ".dockerignore").write_text(case.ignore)
        shutil.copytree(context / "host", context / "kept", symlinks=True)
    archive(context / "t.tar.gz")


def archive(path: Path) -> None:
    """An archive with owners, a link and an empty folder."""
    folder = path.parent.parent / "archived"
    (folder / "empty").mkdir(parents=True)
    (folder / "f").write_text("f")
    os.link(folder / "f", folder / "g")
    (folder / "l").symlink_to("f")
    os.chown(folder / "f", 12, 34)
    (folder / "f").chmod(0o640)
    subprocess.run(["tar", "-C", folder, "-czf", path, "."], check=True)
