"""Every refusal is remembered with the chain that led to it."""

import msgspec

from acrlab.domain.access import Principal
from acrlab.domain.errors import Condition
from acrlab.engine.state import Judgement


class Refusal(msgspec.Struct, frozen=True):
    """One refused request. `at` is epoch seconds on the world's clock."""

    at: float
    method: str
    url: str
    status: int
    code: str
    text: str
    principal: Principal | None
    because: tuple[str, ...]
    evidence: str
    source: str

    def lines(self) -> list[str]:
        """The chain, readable from what was asked down to what says so."""
        who = f"{self.principal.kind} {self.principal.name} ({self.principal.id})" if self.principal else "nobody"
        return [
            f"{self.method} {self.url}",
            f"asked by    {who}",
            f"refused     {self.status} {self.code}: {self.text}",
            *(f"because     {reason}" for reason in self.because),
            f"evidence    {self.evidence}" + (f": {self.source}" if self.source else ""),
        ]


def refusal(
    condition: Condition, *, at: float, method: str, url: str, code: str, principal: Principal | None
) -> Refusal:
    """Turn a condition into the record that `acrlab why` prints."""
    return Refusal(
        at, method, url, condition.status, code, condition.text, principal, tuple(condition.because),
        condition.evidence, condition.source,
    )  # fmt: skip


def judgement(judged: Judgement) -> list[str]:
    """What became of a trigger, readable like a refusal."""
    became = f"run {judged.run.rpartition('/')[2]} was queued" if judged.run else "it did not fire"
    return [
        f"{judged.kind} trigger {judged.trigger or '(none)'} of the task {judged.task.rpartition('/')[2]}",
        f"came to     {became}",
        *(f"because     {reason}" for reason in judged.because),
    ]
