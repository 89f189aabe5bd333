"""Managed identities: those of their own, and those that a registry is given."""
