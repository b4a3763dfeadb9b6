"""What runs the preparation rules."""
