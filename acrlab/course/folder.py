"""A lab's folder: its description, its checks, its notebooks, its data."""

import importlib.util
import os
import sys
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import yaml

from acrlab.course.checks import Check, CheckInvalid, checks_of

DESCRIPTION, CHECKS, SOLUTION, LEARNER = "lab.yaml", "checks.py", "solution.ipynb", "lab.ipynb"


class LabInvalid(Exception):
    """A lab is not well made. The text names the file and what is wrong with it."""


class LabUnknown(Exception):
    """There is no such lab. The text names those that there are."""


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lab.yaml says. `steps` are titles; `clouds` names where the lab can be done."""

    title: str
    minutes: int
    objectives: list[str]
    tier: str
    clouds: list[str]
    cost: str
    steps: list[str]
    symptom: str = ""  # of a broken registry


class Folder:
    """A lab on disk. Raises: LabInvalid, from every property."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        kind = f"{self.path.parent.name}/" if self.path.parent.name == "broken" else ""
        self.name = f"{kind}{self.path.name}"

    @property
    def group(self) -> str:
        """The resource group that is the lab's own."""
        return f"acrlab-{self.name.replace('/', '-')}"

    @cached_property
    def description(self) -> Description:
        """What lab.yaml says."""
        found: Description = read_yaml(self.path / DESCRIPTION, Description)
        return found

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The checks, by step."""
        try:
            found = checks_of(self.module("checks"))
        except CheckInvalid as error:
            raise LabInvalid(f"{self.name}: {error}") from None
        beyond = [each.name for each in found if each.step > len(self.description.steps)]
        if beyond:
            raise LabInvalid(f"{self.name}: {', '.join(beyond)} belongs to a step that {DESCRIPTION} does not name")
        return tuple(sorted(found, key=lambda each: each.step))

    def check(self, name: str) -> Check:
        """One check by name. Raises: LabUnknown."""
        for each in self.checks:
            if each.name == name:
                return each
        raise LabUnknown(
            f"{self.name} has no check {name!r}; there are: {', '.join(each.name for each in self.checks)}"
        )

    def has(self, name: str) -> bool:
        """Whether the lab brings a module of its own: start, ways, wrong."""
        return (self.path / f"{name}.py").is_file()

    def module(self, name: str) -> ModuleType:
        """A Python file of the lab, loaded once."""
        path = self.path / f"{name}.py"
        known = f"acrlab_labs.{self.name.replace('/', '.')}.{name}"
        if known in sys.modules and sys.modules[known].__file__ == str(path):
            return sys.modules[known]
        spec = importlib.util.spec_from_file_location(known, path)
        if spec is None or spec.loader is None or not path.is_file():
            raise LabInvalid(f"{self.name}: {path.name} is missing")
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except CheckInvalid as error:
            raise LabInvalid(f"{self.name}: {path.name}: {error}") from None
        except Exception as error:
            raise LabInvalid(f"{self.name}: {path.name} does not load: {type(error).__name__}: {error}") from error
        sys.modules[known] = module
        return module

    def data(self, name: str) -> Path:
        """A file of the lab's data folder."""
        return self.path / "data" / name


def read_yaml(path: Path, model: type[Any]) -> Any:
    """Read a YAML file into a struct. Raises: LabInvalid, with file and line or field."""
    where = f"{path.parent.name}/{path.name}"
    try:
        return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), model)
    except FileNotFoundError:
        raise LabInvalid(f"{where} is missing") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise LabInvalid(f"{where}{line}: {getattr(error, 'problem', None) or 'not YAML'}") from None
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        raise LabInvalid(f"{where}: {error}") from None


def root() -> Path:
    """Where the labs are: ACRLAB_LABS, beside this package, or `labs` here or above. Raises: LabUnknown."""
    given = os.environ.get("ACRLAB_LABS")
    here = Path.cwd()
    beside = Path(__file__).resolve().parents[2]
    places = [Path(given)] if given else [each / "labs" for each in (beside, here, *here.parents)]
    for place in places:
        if place.is_dir():
            return place
    raise LabUnknown("there is no folder of labs here: set ACRLAB_LABS, or work in a clone of acrlab")


def every(place: Path | None = None) -> list[Folder]:
    """All labs below a folder, by name; the broken registries last."""
    base = place or root()
    found = [*sorted(base.glob(f"[0-9]*/{DESCRIPTION}")), *sorted(base.glob(f"broken/*/{DESCRIPTION}"))]
    return [Folder(each.parent) for each in found]


def find(name: str | os.PathLike[str]) -> Folder:
    """A lab by name, by its number, by a part of its name that no other has, or by path. Raises: LabUnknown."""
    path = Path(name)
    if (path / DESCRIPTION).is_file():
        return Folder(path)
    known = every()
    for each in known:
        if str(name) in (each.name, each.path.name, each.name.partition("-")[0]):
            return each
    alike = [each for each in known if str(name) and str(name).lower() in each.name]
    if len(alike) == 1:
        return alike[0]
    raise LabUnknown(f"there is no lab {str(name)!r}; there are: {', '.join(each.name for each in known) or 'none'}")
