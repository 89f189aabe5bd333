"""git over HTTP, as its clients speak it: smart protocol, versions 0, 1 and 2.

Source: git's gitprotocol-http(5), gitprotocol-pack(5), gitprotocol-v2(5), gitprotocol-capabilities(5), 2.47.
"""
