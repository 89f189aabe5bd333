"""Key vaults: the vault as a resource, what is inside, who may do what, and a registry's own key."""
