import subprocess
import sys

import pytest
from botocore.session import get_session

from custom_resources.kinds import KINDS, kind_of

MODEL = get_session().get_service_model("personalize")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_table_agrees_with_the_model_of_the_api(kind):
    """Every operation and key that is derived from a stem exists."""
    create = MODEL.operation_model(f"Create{kind.pascal}")
    assert {kind.name_key, *(["tags"] if kind.taggable else [])} <= create.input_shape.members.keys()
    assert kind.arn_key in create.output_shape.members
    description = MODEL.operation_model(f"Describe{kind.pascal}").output_shape.members[kind.describe_key]
    assert {kind.arn_key, *kind.attributes.values()} <= description.members.keys()
    assert (kind.update_key in description.members) == bool(kind.mutable and not kind.entries)
    assert (f"Update{kind.pascal}" in MODEL.operation_names) == bool(kind.mutable)
    assert (f"Delete{kind.pascal}" in MODEL.operation_names) == kind.deletable
    assert (f"Stop{kind.pascal}Creation" in MODEL.operation_names) == kind.stoppable
    assert (f"Start{kind.pascal}" in MODEL.operation_names) == kind.switchable
    for name, entries in kind.entries.items():
        assert {entries.add, entries.remove} <= MODEL.operation_model(f"Update{kind.pascal}").input_shape.members.keys()
        assert name in create.input_shape.members
    if kind.parent:
        listing = MODEL.operation_model(f"List{kind.pascal}s")
        assert kind.parent in listing.input_shape.members
        assert kind.arn_key in listing.output_shape.members[kind.list_key].member.members


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_actions_are_operations_of_the_api(kind):
    permitted = [*kind.permissions("films-"), *kind.diagnostics]
    operations = [action.removeprefix("personalize:") for action, _ in permitted]

    assert set(operations) <= set(MODEL.operation_names)
    assert {operation for operation in operations if operation.startswith("Create")} == {f"Create{kind.pascal}"}


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        ("dataset-group/films", "DatasetGroup"),
        ("dataset/films/ITEMS", "Dataset"),
        ("dataset-import-job/films", "DatasetImportJob"),
        ("solution/films", "Solution"),
        ("solution/films/83cc95fc", "SolutionVersion"),
        ("campaign/films", "Campaign"),
        ("event-tracker/ca4f41f3", "EventTracker"),
    ],
)
def test_the_kind_is_read_off_an_arn(suffix, kind):
    assert kind_of(f"arn:aws:personalize:eu-west-1:123456789012:{suffix}") is KINDS[kind]


def test_the_table_is_imported_without_clients():
    """The CDK stack reads it."""
    program = "import sys; import custom_resources.kinds; print('boto3' in sys.modules, 'botocore' in sys.modules)"

    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert answer.stdout == "False False\n"
