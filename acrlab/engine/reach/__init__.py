"""What reaches beyond a registry: replications and webhooks."""
