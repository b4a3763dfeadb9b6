"""Raw logs to the CSV files and schemas that Amazon Personalize accepts."""
