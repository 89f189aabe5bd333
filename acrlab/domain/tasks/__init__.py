"""ACR Tasks as far as they are true without doing anything: schedules, templates, steps, runs."""
