import json
import re

import pytest

from custom_resources.kinds import KINDS

from .conftest import INTERACTIONS
from .simulation import Deployed, DeploymentFailed, describe, is_ready, lasting

ALL = pytest.mark.parametrize("kind", KINDS)
DELETABLE = pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.deletable])
REPLACEABLE = pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if not kind.singleton])
TAGGABLE = pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.taggable])
FALLIBLE = [name for name in KINDS if name != "Schema"]  # a schema exists or it does not
WITHOUT_REASON = {"Dataset", "Solution", "EventTracker"}  # Describe has no failureReason for these


@ALL
def test_a_created_resource_is_active_and_named_after_its_content(kind, cloudformation, templates, personalize):
    created = cloudformation.create(kind, lasting(templates.properties(kind)))

    found = describe(personalize, created)
    assert is_ready(personalize, created)
    assert created.physical_id == created.data["Arn"] == found[KINDS[kind].arn_key]
    assert re.fullmatch(r"films-dev-hrnn-[0-9a-f]{8}", created.data["Name"])
    assert found[KINDS[kind].name_key] == created.data["Name"]


@ALL
def test_creating_it_again_adopts_it(kind, cloudformation, templates, faults):
    properties = lasting(templates.properties(kind))
    first = cloudformation.create(kind, properties)

    assert cloudformation.create(kind, properties) == first
    assert sum(request.get(KINDS[kind].name_key) == first.data["Name"] for request in faults.sent(f"Create{kind}")) == 1


@ALL
def test_a_create_whose_answer_was_lost_adopts_what_it_made(kind, handler, cloudformation, templates):
    properties = lasting(templates.properties(kind))
    handler.on_event(cloudformation.event("Create", Deployed(kind, "Lost", "", properties)))

    created = cloudformation.create(kind, properties)

    assert created.physical_id.startswith("arn:")
    assert created.data["Name"].count("-") == 3  # the first name, not the next one


@TAGGABLE
def test_what_another_owner_made_is_refused_with_its_arn(kind, cloudformation, templates, personalize):
    properties = lasting(templates.properties(kind))
    theirs = cloudformation.create(kind, properties | {"Owner": "somebody/else"})

    with pytest.raises(DeploymentFailed, match=re.escape(f"{theirs.data['Arn']} exists and is not ours")) as refused:
        cloudformation.create(kind, properties)

    assert refused.value.deployed.physical_id == ""  # the framework swallows the delete that follows
    assert is_ready(personalize, theirs)


def test_a_schema_of_other_content_is_refused(cloudformation, templates, personalize):
    """Schemas have no tags: what has our name and other content is not ours."""
    properties = templates.properties("Schema")
    ours = cloudformation.create("Schema", properties)
    cloudformation.delete(ours)
    other = INTERACTIONS | {"fields": [*INTERACTIONS["fields"], {"name": "EVENT_VALUE", "type": "float"}]}
    personalize.create_schema(name=ours.data["Name"], schema=json.dumps(other))

    with pytest.raises(DeploymentFailed, match=re.escape(f"{ours.data['Arn']} exists and is not ours")):
        cloudformation.create("Schema", properties)


@REPLACEABLE
def test_another_generation_stands_beside_the_old_one(kind, cloudformation, templates, personalize):
    properties = lasting(templates.properties(kind))
    old = cloudformation.create(kind, properties)

    new = cloudformation.update(old, properties | {"Generation": "2"})

    assert new.physical_id != old.physical_id
    assert describe(personalize, old)
    assert describe(personalize, new)


@REPLACEABLE
def test_a_rollback_adopts_the_old_one_again(kind, cloudformation, templates, clock, faults):
    properties = lasting(templates.properties(kind))
    old = cloudformation.create(kind, properties)
    new = cloudformation.update(old, properties | {"Generation": "2"})
    created = len(faults.sent(f"Create{kind}"))

    back = cloudformation.update(new, properties)

    if kind == "DatasetImportJob":  # the new one overwrote the data
        assert back.data["Name"] == f"{old.data['Name']}-2"
    else:
        assert (back.physical_id, len(faults.sent(f"Create{kind}"))) == (old.physical_id, created)


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.singleton])
def test_the_only_place_is_not_taken_from_what_cannot_be_changed(kind, cloudformation, templates, personalize):
    properties = templates.properties(kind)
    old = cloudformation.create(kind, properties)

    with pytest.raises(DeploymentFailed, match=f"{old.physical_id} has the only place"):
        cloudformation.update(old, properties | {"Generation": "2"})

    assert is_ready(personalize, old)
    assert cloudformation.update(old, properties).physical_id == old.physical_id  # the rollback


@DELETABLE
def test_a_deleted_resource_is_gone(kind, cloudformation, templates, personalize):
    created = cloudformation.create(kind, templates.properties(kind))

    cloudformation.delete(created)

    assert describe(personalize, created) is None
    cloudformation.delete(created)  # again


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if not kind.deletable])
def test_deleting_what_cannot_be_deleted_is_done_at_once(kind, cloudformation, templates, personalize, clock):
    created = cloudformation.create(kind, lasting(templates.properties(kind)))
    before = clock.now()

    cloudformation.delete(created)

    assert clock.now() == before
    assert is_ready(personalize, created)


@pytest.mark.parametrize("kind", FALLIBLE)
def test_a_failed_creation_names_the_arn_the_reason_and_what_to_do(kind, cloudformation, templates, faults):
    properties = lasting(templates.properties(kind))
    faults.fail(kind, "The disk is full.")

    with pytest.raises(DeploymentFailed) as failed:
        cloudformation.create(kind, properties)

    arn = failed.value.deployed.physical_id
    assert arn.startswith("arn:")
    reason = "the service gives no reason" if kind in WITHOUT_REASON else "The disk is full."
    assert str(failed.value).startswith(f"{arn} is CREATE FAILED: {reason}; correct the cause and deploy again")


@pytest.mark.parametrize("kind", FALLIBLE)
def test_a_failed_creation_can_be_deleted_and_created_again(kind, cloudformation, templates, faults, personalize):
    properties = lasting(templates.properties(kind))
    faults.fail(kind, "The disk is full.")
    with pytest.raises(DeploymentFailed) as failed:
        cloudformation.create(kind, properties)

    cloudformation.delete(failed.value.deployed)
    again = cloudformation.create(kind, properties)

    assert is_ready(personalize, again)
    assert again.data["Name"].endswith("-2") != KINDS[kind].deletable


@pytest.mark.parametrize("kind", [name for name in FALLIBLE if KINDS[name].deletable])
def test_what_a_failed_creation_left_behind_is_deleted_first(
    kind, cloudformation, templates, faults, personalize, clock
):
    """CloudFormation's delete may never have come."""
    properties = templates.properties(kind)
    faults.fail(kind, "The disk is full.")
    with pytest.raises(DeploymentFailed):
        cloudformation.create(kind, properties)
    clock.advance(3_600)

    again = cloudformation.create(kind, properties)

    assert is_ready(personalize, again)
