"""What acts on a deployed recommender."""
