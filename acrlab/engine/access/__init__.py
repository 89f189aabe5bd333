"""Who may do what inside a registry without an identity in the directory: scope maps, tokens, their passwords."""
