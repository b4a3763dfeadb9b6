"""The Lambda asset of the custom resources: standard library and boto3 only."""
