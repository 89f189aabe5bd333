"""Deployments: a template's resources made through the same use cases as one by one."""
