"""The engine of those who have one: a Docker or Podman daemon, over its socket."""
