"""What does the work of ACR Tasks: builds images, runs steps. One protocol, several engines."""
