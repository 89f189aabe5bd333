"""The engine that needs no other: builds and containers over a sandbox of this machine."""
