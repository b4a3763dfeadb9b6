"""Recipes side by side on one's own data, before any money is spent."""
