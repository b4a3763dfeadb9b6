"""What datasets amount to, and what is odd about them: the figures behind the report, the checks and the page."""
