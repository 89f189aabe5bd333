"""Storage accounts: the resource, its containers, its blobs, and who may do what with them."""
