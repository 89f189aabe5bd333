"""The Tasks runner: an order becomes steps on an agent, and a log in the words of the service."""
