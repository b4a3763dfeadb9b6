"""Tags."""


def tags(**values):
    return [{"tagKey": key, "tagValue": value} for key, value in values.items()]


def test_tags_are_given_changed_and_taken_away(lab):
    group = lab.group(tags=tags(team="a", stage="dev"))
    lab("TagResource", resourceArn=group, tags=tags(team="b", cost="7"))
    lab("UntagResource", resourceArn=group, tagKeys=["stage", "never"])
    assert lab("ListTagsForResource", resourceArn=group)["tags"] == tags(team="b", cost="7")


def test_more_than_fifty_tags_are_refused(lab):
    many = tags(**{f"key{number}": "x" for number in range(51)})
    assert lab.refusal("CreateDatasetGroup", name="films", tags=many) == (
        "TooManyTagsException",
        "A resource can have at most 50 tags; there would be 51.",
    )
    group = lab.group(tags=many[:50])
    assert lab.refusal("TagResource", resourceArn=group, tags=many[50:])[0] == "TooManyTagsException"


def test_a_key_given_twice_is_refused(lab):
    group = lab.group()
    assert lab.refusal("TagResource", resourceArn=group, tags=tags(a="1") + tags(a="2")) == (
        "InvalidInputException",
        "Tag keys must be unique; a key is given more than once.",
    )


def test_schemas_have_no_tags(lab):
    schema = lab.schema("Interactions", {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"})
    assert lab.refusal("ListTagsForResource", resourceArn=schema) == (
        "InvalidInputException",
        f"Resource Arn {schema} is of a kind that has no tags.",
    )


def test_tags_of_what_does_not_exist_are_not_found(lab):
    arn = lab.arn("campaign/none")
    assert lab.refusal("ListTagsForResource", resourceArn=arn) == (
        "ResourceNotFoundException",
        f"Resource Arn {arn} does not exist.",
    )
