"""What can be wrong with a pipeline, and with the machine that shall run it."""


class PipelineRefused(Exception):
    """The file cannot be run here: what is the matter, and in which line. Nothing was run."""

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what, line)
        self.what, self.line = what, line

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}" if self.line else self.what


class ToolMissing(Exception):
    """A program that a step needs is not on this machine. The text says which, and what would help."""


class StepFailed(Exception):
    """A step has failed. The text is what the log of its system says."""


def not_in_subset(what: str, line: int) -> PipelineRefused:
    """A thing that the real system has and this executor has not."""
    return PipelineRefused(f"{what} is not in the subset that acrlab runs", line)
