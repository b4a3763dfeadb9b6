"""What a deployed stack tells the applications and people that use it."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ssm as ssm


def pascal(name: str) -> str:
    """Return a configured name as CloudFormation spells its own: `most-popular` becomes `MostPopular`."""
    return "".join(part[:1].upper() + part[1:] for part in name.replace("_", "-").split("-"))


class Outputs:
    """Outputs of a stack for people and pipelines, parameters of the Systems Manager for applications."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def tell(self, name: str, value: str) -> None:
        """Tell a value by an output alone."""
        CfnOutput(self._stack, name, value=value)

    def publish(self, name: str, path: str, value: str) -> None:
        """Tell a value by an output and by a parameter.

        Args:
            path: the parameter's, below `/personalize/STACK/`: `campaigns/for-you/arn`.
        """
        self.tell(name, value)
        ssm.StringParameter(
            self._stack,
            f"{name}Parameter",
            parameter_name=f"/personalize/{self._stack.stack_name}/{path}",
            string_value=value,
        )
