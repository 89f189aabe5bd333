"""Which tier: what one costs, which is the cheapest that does, and what becomes of the same work in each."""

from acrlab.tiers.advice import Advice, advise
from acrlab.tiers.costs import costs
from acrlab.tiers.twin import Twin, twin

__all__ = ["Advice", "Twin", "advise", "costs", "twin"]
