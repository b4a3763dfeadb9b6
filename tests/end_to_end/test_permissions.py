"""A permission that is missing breaks the deploy, and the reader learns which; tests/rehearsal drops each of them."""

import json

import pytest

from operations.errors import OperationError

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]


def drop(template, role, action):
    """Take an action out of the policies of a role, by the first part of the role's logical ID."""
    dropped = 0
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Policy" and properties["Roles"][0]["Ref"].startswith(role):
            for statement in properties["PolicyDocument"]["Statement"]:
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                dropped += action in actions
                statement["Action"] = [one for one in actions if one != action] or ["personalize:DescribeRecipe"]
    assert dropped


@pytest.mark.parametrize(
    ("role", "action"),
    [
        ("PersonalizeProviderRole", "personalize:CreateDataset"),
        ("PersonalizeProviderRole", "iam:PassRole"),
        ("PersonalizeProviderRole", "s3:PutObject"),
        ("StorageServiceRole", "s3:GetObject"),
        ("StorageServiceRole", "s3:ListBucket"),
        ("StorageServiceRole", "kms:Decrypt"),
    ],
)
def test_the_missing_permission_is_named_where_the_deploy_fails(role, action, make_project):
    # A name of its own: the template is uploaded under the hash that it had before, and only once.
    project = make_project(f"no-{action.split(':')[1].lower()}", "{recipe: popularity-count}")
    cdk = project.cdk()
    file = project.assembly / f"{project.stack}.template.json"
    template = json.loads(file.read_text())
    drop(template, role, action)
    file.write_text(json.dumps(template))

    with pytest.raises(OperationError, match=action):
        cdk.deploy()

    assert any(action in failure for failure in project.failures())
    cdk.destroy()
