"""How content comes, stays and goes: import, cache, retention, soft delete, quarantine, purge."""
