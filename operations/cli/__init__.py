"""The `personalize` command: one file a command."""
