"""Retraining: a state machine that imports, trains, judges and promotes, and what starts it."""
