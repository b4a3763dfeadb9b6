"""Raw logs to the checked CSV files and Avro schemas that Amazon Personalize imports."""
