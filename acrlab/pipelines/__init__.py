"""Pipelines of other systems, run here: the steps are really done, with the tools of this machine.

What is not in the subset is refused by name and line before anything runs; nothing is skipped silently.
"""
