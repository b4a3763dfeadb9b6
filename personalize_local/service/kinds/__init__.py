"""The kinds of resources: what differs between them; what they share is in `lifecycle`."""
