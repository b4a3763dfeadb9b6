"""The Lambda asset of operations: standard library and boto3 only."""
