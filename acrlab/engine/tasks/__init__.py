"""ACR Tasks: contexts, runs, tasks, task runs, agent pools, and what triggers a run."""
