"""The simulated service: dict in, dict out; knows no web framework."""
