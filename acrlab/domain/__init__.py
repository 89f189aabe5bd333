"""What is true: names, content, access, tiers, events, errors. Pure."""
