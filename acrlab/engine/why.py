"""Every refusal is remembered with the chain that led to it."""

import msgspec

from acrlab.domain.access import Principal
from acrlab.domain.errors import Condition


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
