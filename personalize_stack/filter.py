"""Filter: what to leave out of recommendations, or to keep in."""

from collections.abc import Sequence

from constructs import Construct

from personalize_stack.dataset_group import Dataset, DatasetGroup
from personalize_stack.resource import PersonalizeResource


class Filter(PersonalizeResource):
    """A filter expression under a name; another expression is another filter.

    Args:
        dataset_group: The group whose campaigns may use it.
        expression: The filter expression, at most 2,500 characters
            (https://docs.aws.amazon.com/personalize/latest/dg/filter-expressions.html).
        datasets: The datasets that must stand before, since the expression names their columns. Default: none.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_group: DatasetGroup,
        expression: str,
        datasets: Sequence[Dataset] = (),
        name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="Filter",
            name=name,
            parameters={"datasetGroupArn": dataset_group.dataset_group_arn, "filterExpression": expression},
        )
        self.node.add_dependency(*datasets)

    @property
    def filter_arn(self) -> str:
        """The filter's ARN."""
        return self.arn
