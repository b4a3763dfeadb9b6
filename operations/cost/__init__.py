"""What a recommender costs: estimated before a deploy, and what was used after it."""
