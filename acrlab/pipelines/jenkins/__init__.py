"""Jenkins: declarative and scripted pipelines with docker-workflow, read as the part of Groovy that they are.

Source: Jenkins handbook, pipeline syntax and steps reference (2025); docker-workflow plugin, Docker.groovy (2025).
"""
