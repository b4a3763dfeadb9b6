"""The project's YAML as typed values."""
