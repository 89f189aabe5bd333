"""Questions for other programs, and from them. The same questions and seed make the same bytes, always."""

import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec

from acrlab.trainer import anki, gift, moodle, qti
from acrlab.trainer.bank import Bank
from acrlab.trainer.draft import Draft, ImportFailed
from acrlab.trainer.instance import Instance
from acrlab.trainer.question import Question

_EPOCH = (1980, 1, 1, 0, 0, 0)


class Format(msgspec.Struct, frozen=True):
    """One format: its file's ending, how it is written, how it is read if it is."""

    ending: str
    write: Callable[[Sequence[Instance]], bytes]
    read: Callable[[bytes], list[Draft]] | None = None


def zipped(files: dict[str, bytes]) -> bytes:
    """An archive that depends on nothing but its files."""
    target = io.BytesIO()
    with ZipFile(target, "w") as archive:
        for name in sorted(files):
            entry = ZipInfo(name, _EPOCH)
            entry.compress_type, entry.external_attr, entry.create_system = ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(entry, files[name])
    return target.getvalue()


FORMATS: dict[str, Format] = {
    "qti": Format(".zip", lambda instances: zipped(qti.files(instances))),
    "moodle": Format(".xml", moodle.written, moodle.read),
    "gift": Format(".gift", gift.written, gift.read),
    "anki": Format(".apkg", lambda instances: zipped(anki.database(instances))),
}


def export(bank: Bank, name: str, *, seed: int = 0, questions: Iterable[Question] | None = None) -> bytes:
    """Questions in a format: qti, moodle, gift or anki. They carry their keys. Raises: KeyError for another name."""
    chosen = sorted(bank if questions is None else questions, key=lambda each: each.id)
    return FORMATS[name].write([bank.instance(each.id, seed) for each in chosen])


def imported(path: Path) -> list[Draft]:
    """The questions of a GIFT or Moodle XML file, as drafts that say what they lack. Raises: ImportFailed."""
    known = {form.ending: form.read for form in FORMATS.values() if form.read is not None} | {".txt": gift.read}
    read = known.get(path.suffix.lower())
    if read is None:
        raise ImportFailed(f"{path.name}: files that end in {', '.join(sorted(known))} can be imported", 1)
    return read(path.read_bytes())
