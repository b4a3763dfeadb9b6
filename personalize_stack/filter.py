"""Filter: what to leave out of recommendations, or to keep in."""

from collections.abc import Sequence

from constructs import Construct

from personalize_stack.dataset_group import DatasetBase, DatasetGroupBase
from personalize_stack.resource import PersonalizeResource, Reference


class FilterBase(Reference):
    """A filter, wherever it was made."""

    @property
    def filter_arn(self) -> str:
        """The filter's ARN."""
        return self.arn


class Filter(PersonalizeResource, FilterBase):
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
        dataset_group: DatasetGroupBase,
        expression: str,
        datasets: Sequence[DatasetBase] = (),
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

    @staticmethod
    def from_filter_arn(scope: Construct, construct_id: str, filter_arn: str) -> FilterBase:
        """Refer to a filter that exists already; it is not changed or deleted."""
        return FilterBase(scope, construct_id, arn=filter_arn)
