"""Budget: what an environment may cost a month, and who is told before it is spent."""

from aws_cdk import Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_iam as iam
from constructs import Construct

from personalize_stack.notifications import Notifications

_PERCENT = (("ACTUAL", 80), ("FORECASTED", 100))


class Budget(Construct):
    """A budget of AWS Budgets for what carries the tags of an environment, told at 80 % and when 100 % are forecast.

    AWS knows a tag in bills once it is activated as a cost allocation tag (Billing, "cost allocation tags"); until then
    the budget counts nothing.

    Args:
        usd_per_month: What may be spent.
        tags: The tags that tell what counts, all of them.
        notifications: Where it is told.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        usd_per_month: float,
        tags: dict[str, str],
        notifications: Notifications,
    ) -> None:
        super().__init__(scope, construct_id)
        notifications.allow_publishing(iam.ServicePrincipal("budgets.amazonaws.com"))
        conditions = [
            budgets.CfnBudget.ExpressionProperty(tags=budgets.CfnBudget.TagValuesProperty(key=key, values=[value]))
            for key, value in tags.items()
        ]
        budgets.CfnBudget(
            self,
            "Resource",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=f"{Stack.of(self).stack_name}-{Stack.of(self).region}",
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd_per_month, unit="USD"),
                filter_expression=budgets.CfnBudget.ExpressionProperty(and_=conditions),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[
                        budgets.CfnBudget.SubscriberProperty(
                            subscription_type="SNS", address=notifications.topic.topic_arn
                        )
                    ],
                )
                for kind, percent in _PERCENT
            ],
        )
