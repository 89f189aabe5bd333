"""What is told of a registry: where its logs go, and what is counted of it."""
