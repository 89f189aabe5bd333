"""Dockerfiles: their text, their variables and what they leave out of the context."""
