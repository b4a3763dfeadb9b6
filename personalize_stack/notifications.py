"""Where operations tell what happened: an event bus for programs, and a topic for people."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

SOURCE = "personalize-stack"
"""The source of all events."""
PROBLEM, INFO = "problem", "info"
"""What an event's `severity` may be; people are told of problems."""


class Notifications(Construct):
    """A bus that takes every event of operations, and a topic that gets the problems among them in a sentence.

    An event has the source `personalize-stack`, a detail type that names what happened ("Retraining failed"), and a
    detail with at least `stack` (its name), `severity` ("problem" or "info") and `summary`, a sentence for people that
    says what happened, why, and what to do. Whoever tells something puts an event; alarms go to the topic by
    `add_alarm`, and to the bus as CloudWatch tells them ("CloudWatch Alarm State Change").

    Both have generated names, so that environments of one account do not clash.

    Args:
        encryption_key: The key of the topic; EventBridge and CloudWatch are allowed to use it.
        emails: Who is subscribed to the topic; each address has to confirm that once. Default: nobody.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, encryption_key: kms.IKey, emails: Sequence[str] = ()
    ) -> None:
        super().__init__(scope, construct_id)
        self.bus = events.EventBus(self, "Bus", description="What happens to the recommender in operation")
        self.topic = sns.Topic(self, "Topic", master_key=encryption_key, enforce_ssl=True)
        self._key = encryption_key
        for publisher in ("events", "cloudwatch"):
            self.allow_publishing(iam.ServicePrincipal(f"{publisher}.amazonaws.com"))
        for email in emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        events.Rule(
            self,
            "Problems",
            event_bus=self.bus,
            event_pattern=events.EventPattern(source=[SOURCE], detail={"severity": [PROBLEM]}),
            targets=[targets.SnsTopic(self.topic, message=_sentence())],
        )
        self._forward_alarms()

    def _forward_alarms(self) -> None:
        """Put what becomes of the stack's alarms on the bus too; CloudWatch tells it on the account's default bus."""
        stack = Stack.of(self)
        own = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{stack.stack_name}-",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        events.Rule(
            self,
            "Alarms",
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                resources=events.Match.prefix(own),
            ),
            targets=[targets.EventBus(self.bus)],
        )

    def allow_publishing(self, service: iam.ServicePrincipal) -> None:
        """Let a service of AWS tell people directly."""
        self._key.grant(service, "kms:Decrypt", "kms:GenerateDataKey")
        self.topic.grant_publish(service)

    def grant_tell(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the grantee put events on the bus."""
        return self.bus.grant_put_events_to(grantee)

    def add_alarm(self, alarm: cloudwatch.Alarm) -> None:
        """Tell when an alarm goes off, and when it is over."""
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)


def _sentence() -> events.RuleTargetInput:
    """An event for people: "films-prod: Retraining failed: …"."""
    stack, summary = (events.EventField.from_path(f"$.detail.{member}") for member in ("stack", "summary"))
    return events.RuleTargetInput.from_text(f"{stack}: {events.EventField.detail_type}: {summary}")
