"""The local cloud: Amazon Personalize on one machine."""
