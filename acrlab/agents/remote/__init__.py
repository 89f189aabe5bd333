"""Agents on other machines: workers that take runs from a queue in PostgreSQL."""
