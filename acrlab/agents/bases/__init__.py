"""Stand-ins for base images, made on this machine; each says that it is one."""
