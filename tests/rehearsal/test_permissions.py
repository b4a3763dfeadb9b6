"""The function's policy, as synthesized: it suffices, and without any one of its permissions the deploy breaks."""

import pytest
from ministack.core import iam_evaluator

from custom_resources.kinds import KINDS
from personalize_local.adapters.permissions import resource_of
from personalize_local.rehearsal.clients import DESCRIBE_STACKS
from personalize_local.rehearsal.cloudformation import DeploymentFailed
from personalize_local.rehearsal.faults import changed, refusal
from personalize_local.rehearsal.template import ACCOUNT, PSEUDO, REGION

PREFIX = f"arn:aws:personalize:{REGION}:{ACCOUNT}"
SERVICE_ROLE, STACK = "service-role", "stack"

# What the function does without, when it may not: they only serve to name what keeps something from being deleted.
DIAGNOSTICS = {action for kind in KINDS.values() for action, _ in kind.diagnostics}


def text(value):
    """A resource of a policy: the stack, or whatever else is referred to, which is the service role here."""
    if isinstance(value, dict) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return separator.join(map(text, parts))
    if isinstance(value, dict):
        return {**PSEUDO, "AWS::StackId": STACK}.get(value.get("Ref"), SERVICE_ROLE)
    return value


def listed(value):
    return value if isinstance(value, list) else [value]


def policy(template):
    """The statements about Personalize, the stack and the passing of roles: (action, resource, conditions)."""
    for resource in template.resources.values():
        properties = resource.get("Properties", {})
        roles = properties.get("Roles", [{}]) if resource["Type"] == "AWS::IAM::Policy" else [{}]
        if roles[0].get("Ref", "").startswith("PersonalizeProviderRole"):
            for statement in properties["PolicyDocument"]["Statement"]:
                for action in listed(statement["Action"]):
                    if action.startswith(("personalize:", "iam:", "cloudformation:")):
                        for arn in listed(statement["Resource"]):
                            yield action, text(arn), statement.get("Condition", {})


class Enforcing:
    """Stands before the service and refuses what no statement allows."""

    def __init__(self, statements):
        allowed = [
            {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": conditions}
            for action, resource, conditions in statements
        ]
        self._statements = iam_evaluator.parse_policy_document({"Version": "2012-10-17", "Statement": allowed})

    def between(self, dispatch):
        def enforced(operation, request):
            if operation == DESCRIBE_STACKS:
                self._require("cloudformation:DescribeStacks", STACK)
            else:
                self._require(f"personalize:{operation}", resource_of(operation, request, PREFIX))
            if "roleArn" in str(request):
                self._require("iam:PassRole", SERVICE_ROLE, {"iam:passedtoservice": "personalize.amazonaws.com"})
            return dispatch(operation, request)

        return enforced

    def _require(self, action, resource, context=None):
        asked = iam_evaluator.EvalContext(
            principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/provider/function",
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=action,
            resource_arn=resource,
            region=REGION,
            service_context=context or {},
        )
        if iam_evaluator.evaluate(asked, [self._statements]).decision != "Allow":
            error = refusal("AccessDeniedException", 400)
            error.message = f"User is not authorized to perform: {action} on resource: {resource}"
            raise error


def whole_life(scene, statements):
    """Create, change and delete under a policy; answers why that failed, or None."""
    rehearsal = scene.rehearsal(Enforcing(statements).between)
    try:
        rehearsal.stack.deploy(rehearsal.template)
        rehearsal.stack.deploy(changed(rehearsal.template))
        rehearsal.stack.destroy()
        assert rehearsal.left() == []
    except DeploymentFailed as error:
        return str(error)
    else:
        return None
    finally:
        rehearsal.close()


@pytest.mark.parametrize("name", ["video", "personalize"])
def test_the_policy_suffices(name, scene):
    scene = scene(name)
    statements = list(policy(scene.rehearsal().template))
    assert len(statements) > 40

    assert whole_life(scene, statements) is None


def test_without_any_one_permission_the_deploy_breaks_and_names_it(scene):
    scene = scene("video")
    statements = list(policy(scene.rehearsal().template))
    superfluous, unnamed = [], []
    for dropped in statements:
        failure = whole_life(scene, [statement for statement in statements if statement != dropped])
        if failure is None:
            superfluous.append(dropped[0])
        elif dropped[0] not in failure:
            unnamed.append((dropped, failure))

    assert unnamed == []
    assert set(superfluous) <= DIAGNOSTICS
