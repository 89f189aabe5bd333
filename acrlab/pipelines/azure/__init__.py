"""Azure Pipelines: YAML read with its lines, checked whole, and run.

Source: YAML schema reference and tasks reference of Azure Pipelines (2025).
"""
