"""Git objects in a folder, by dulwich."""
