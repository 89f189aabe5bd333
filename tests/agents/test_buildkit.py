"""What BuildKit does otherwise than the legacy builder: who owns what, what is worth what, what the history tells."""

import stat
import tarfile

import pytest

from tests.agents.workshop import ENGINES, Workshop, confines, users

ACCOUNTS = {
    "etc/passwd": "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n",
    "etc/group": "root:x:0:\napp:x:1001:\nmail:x:8:\n",
}
BASE = "FROM scratch\nCOPY etc /etc\n"


@pytest.fixture(params=ENGINES)
def shop(request, tmp_path):
    shop = Workshop(tmp_path, request.param)
    yield shop.place(ACCOUNTS | {"a": "a", "b": "b", "d/e/f": "f"})
    shop.agent.close()


def history(shop):
    return [(each["created_by"], not each.get("empty_layer", False)) for each in shop.config["history"]]


def test_the_history_is_buildkits(shop):
    shop.build(
        "ARG G=g\nFROM scratch\nARG G\nARG A=1 B=$A\nARG C\nEXPOSE 90/udp 80 70-71\nONBUILD RUN x\n"
        "COPY --chown=$A:2 --chmod=0600 a $B/\nCOPY [\"a\", \"b\", \"/t/\"]\nWORKDIR /w/\nWORKDIR /w/\nWORKDIR /\n"
        "HEALTHCHECK --interval=90s --timeout=1500ms --start-period=1h --retries=3 CMD x\n",
        buildkit=True,
    )
    assert history(shop) == [
        ("ARG G=g", False),
        ("ARG A=1 B=1", False),
        ("ARG C", False),
        ("EXPOSE [70/tcp 71/tcp 80/tcp 90/udp]", False),
        ("COPY --chown=1:2 --chmod=0600 a 1/ # buildkit", True),
        ("COPY a b /t/ # buildkit", True),
        ("WORKDIR /w/", True),
        ("WORKDIR /w/", True),
        ("WORKDIR /", False),
        ('HEALTHCHECK &{["CMD-SHELL" "x"] "1m30s" "1.5s" "1h0m0s" "0s" \'\\x03\'}', False),
    ]
    assert shop.config["config"]["OnBuild"] == ["RUN x"]
    assert len(shop.config["rootfs"]["diff_ids"]) == 4


@pytest.mark.parametrize(("retries", "told"), [("65", "A"), ("55296", "\ufffd"), ("2147483647", "\ufffd")])
def test_any_number_of_retries_is_told(shop, retries, told):
    shop.build(f"FROM scratch\nCOPY a /\nHEALTHCHECK --retries={retries} CMD x\n", buildkit=True)
    assert history(shop)[-1][0].endswith(f"'{told}'}}")


def test_the_history_is_the_legacy_builders(shop):
    shop.build(
        "ARG G=g\nFROM scratch\nARG G\nARG A=1\nARG C\nEXPOSE 90/udp 80 70-71\nONBUILD RUN x\nCOPY --chown=$A a /x\n"
        "COPY a b /t/\nADD d /u\nWORKDIR /w/\n",
        args={"C": "c"},
    )
    told = [text.removeprefix("/bin/sh -c #(nop) ") for text, _ in history(shop)]
    assert told[:5] == [" ARG G", " ARG A=1", " ARG C=c", " EXPOSE 70-71 80 90/udp", " ONBUILD RUN x"]
    kinds = ["COPY --chown=1 file:", "COPY multi:", "ADD dir:", "WORKDIR /w/"]
    assert [text[: len(kind)] for text, kind in zip(told[5:], kinds, strict=True)] == kinds


def test_a_folder_to_work_in_is_the_users(shop, tmp_path):
    text = BASE + "USER app\nWORKDIR /app/x\nUSER nobody\nWORKDIR /n\nUSER 7\nWORKDIR /7\nUSER 7:mail\nWORKDIR /m\n"
    shop.build(text, buildkit=True)
    tree = shop.unpacked(tmp_path / "kit")
    owners = {name: tree.owner(name) for name in ("app", "app/x", "n", "7", "m")}
    assert owners == {"app": (1000, 1001), "app/x": (1000, 1001), "n": (0, 0), "7": (7, 7), "m": (7, 8)}
    shop.build(text)
    assert shop.unpacked(tmp_path / "legacy").owner("app/x") == (0, 0)


def test_files_are_given_to_those_who_are_known(shop, tmp_path):
    given = {"nobody": (0, 0), "7:nobody": (7, 7), "app:nobody": (1000, 1001), ":mail": (0, 8), "app:": (1000, 0)}
    lines = [f"COPY --chown={who} a /{number}\n" for number, who in enumerate(given)]
    shop.build(BASE + "".join(lines), buildkit=True)
    tree = shop.unpacked(tmp_path / "kit")
    assert [tree.owner(str(number)) for number in range(len(given))] == list(given.values())
    assert "unable to find user nobody" in shop.fails(BASE + "COPY --chown=nobody a /\n")


def test_new_folders_have_their_own_mode_and_not_that_of_chmod(shop, tmp_path):
    shop.build("FROM scratch\nCOPY a /was/a\nCOPY --chmod=751 d /was\nCOPY --chmod=711 d /new/d\n", buildkit=True)
    root = shop.unpacked(tmp_path / "out").root
    modes = {name: stat.S_IMODE((root / name).stat().st_mode) for name in ("was", "was/e", "new", "new/d", "new/d/e/f")}
    assert modes == {"was": 0o755, "was/e": 0o751, "new": 0o755, "new/d": 0o755, "new/d/e/f": 0o711}


def test_a_wild_name_may_stand_for_nothing(shop, tmp_path):
    shop.build("FROM scratch\nCOPY no* /\nCOPY a no* d/no? /x/\n", buildkit=True)
    assert [text for text, _ in history(shop)] == ["COPY no* / # buildkit", "COPY a no* d/no? /x/ # buildkit"]
    assert (shop.unpacked(tmp_path / "out").root / "x/a").is_file()
    assert "not found" in shop.fails("FROM scratch\nCOPY no/* /\n", buildkit=True)
    assert "no source files were specified" in shop.fails("FROM scratch\nCOPY no* /\n")


def test_what_was_said_last_is_what_counts(shop):
    text = "FROM scratch AS one\nENV A=1\nARG A=2\nENV B=$A\nARG C=3\nENV C=4\nENV D=$C\nFROM one\nARG C\nENV E=$A$C\n"
    shop.build(text, buildkit=True)
    assert shop.config["config"]["Env"][1:] == ["A=1", "B=2", "C=4", "D=4", "E=24"]
    shop.build(text)
    assert shop.config["config"]["Env"][1:] == ["A=1", "B=1", "C=4", "D=4", "E=14"]


def test_the_folder_to_work_in_from_the_start(shop):
    shop.build("FROM scratch\nLABEL a=b\n", buildkit=True)
    assert shop.config["config"]["WorkingDir"] == "/"
    shop.build("FROM scratch\nLABEL a=b\n")
    assert "WorkingDir" not in shop.config["config"]


@pytest.mark.parametrize("kit", [True, False])
def test_an_archive_goes_through_its_own_links_and_not_out(shop, tmp_path, kit):
    with tarfile.open(shop.context / "t.tar", "w") as archive:
        for name, target in (("up", ".."), ("far", "/etc"), ("up/in", ""), ("far/hidden", ""), ("up/same", "up/in")):
            entry = tarfile.TarInfo(name)
            entry.linkname, entry.type = target, tarfile.SYMTYPE if name in ("up", "far") else tarfile.REGTYPE
            entry.type = tarfile.LNKTYPE if name == "up/same" else entry.type
            archive.addfile(entry)
    shop.build(BASE + "ADD t.tar /x\n", buildkit=kit)
    root = shop.unpacked(tmp_path / "out").root
    assert {path.name for path in (root / "x").iterdir()} == {"up", "far", "in", "same", "etc"}
    assert (root / "x/etc/hidden").is_file()
    assert (root / "x/in").stat().st_nlink == 2
    assert not (root / "etc/hidden").exists()


@confines
@users
def test_the_history_of_a_command_tells_its_arguments(tmp_path):
    shop = Workshop(tmp_path, "embedded").shell()
    text = "FROM scratch\nCOPY host /\nARG Z=1\nARG P\nARG Q\nRUN true\nENV Z=2\nRUN true\n"
    shop.build(text, args={"P": "p", "HTTP_PROXY": "http://proxy"}, buildkit=True)
    told = [each for each in history(shop) if each[0].startswith("RUN")]
    argv = "/bin/sh -c true # buildkit"
    assert told == [(f"RUN |3 Z=1 P=p Q= {argv}", True), (f"RUN |3 Z=2 P=p Q= {argv}", True)]
    shop.agent.close()
