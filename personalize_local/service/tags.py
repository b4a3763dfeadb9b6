"""Tags of resources."""

from collections.abc import Iterable, Mapping
from typing import Any

from personalize_local.service.errors import InvalidInput, TooManyTagKeys, TooManyTags
from personalize_local.service.kinds.kind import Request
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource

MOST_TAGS = 50
UNTAGGABLE = frozenset({"Schema", "MetricAttribution"})


def merged(present: dict[str, str], given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The tags of a resource after those given were added.

    Raises:
        InvalidInput: A key is given twice.
        TooManyTags: There would be more than 50.
    """
    given = list(given)
    new = {tag["tagKey"]: tag["tagValue"] for tag in given}
    if len(new) < len(given):
        raise InvalidInput("Tag keys must be unique; a key is given more than once.")
    tags = present | new
    if len(tags) > MOST_TAGS:
        raise TooManyTags(f"A resource can have at most {MOST_TAGS} tags; there would be {len(tags)}.")
    return tags


def tag_resource(region: Region, request: Request) -> dict[str, Any]:
    """TagResource: add tags or change their values."""
    resource = _taggable(region, request["resourceArn"])
    resource.tags = merged(resource.tags, request["tags"])
    region.resources.save(resource)
    return {}


def untag_resource(region: Region, request: Request) -> dict[str, Any]:
    """UntagResource: remove tags; those not there are left out silently."""
    resource = _taggable(region, request["resourceArn"])
    keys = request["tagKeys"]
    if len(keys) > MOST_TAGS:
        raise TooManyTagKeys(f"At most {MOST_TAGS} tag keys can be given, got {len(keys)}.")
    resource.tags = {key: value for key, value in resource.tags.items() if key not in keys}
    region.resources.save(resource)
    return {}


def list_tags_for_resource(region: Region, request: Request) -> dict[str, Any]:
    """ListTagsForResource: all tags of a resource."""
    resource = _taggable(region, request["resourceArn"])
    return {"tags": [{"tagKey": key, "tagValue": value} for key, value in resource.tags.items()]}


def _taggable(region: Region, arn: str) -> Resource:
    resource = region.find_any(arn)
    if resource.kind in UNTAGGABLE:
        raise InvalidInput(f"Resource Arn {arn} is of a kind that has no tags.")
    return resource
