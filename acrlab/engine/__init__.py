"""What happens: the world, its journal, its jobs and the use cases."""
