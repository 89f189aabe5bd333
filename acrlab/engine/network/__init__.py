"""Networks as far as a registry can be closed with them: who stands where, what resolves to what, who is let in."""
