"""Recipes, training and metrics; knows no AWS."""
