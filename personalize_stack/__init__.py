"""CDK constructs, the stack and the configuration."""
