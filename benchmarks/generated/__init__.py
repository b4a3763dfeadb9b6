"""Data to measure on: seeded, made in seconds, with statistics near to those of the real thing that each stands for."""
