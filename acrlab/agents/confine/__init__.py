"""Confinement on Linux: processes that believe a folder to be their root, without an engine or a daemon."""
