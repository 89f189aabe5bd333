"""The doors: TLS server, CONNECT proxy, plain HTTP, and an in-process transport."""
