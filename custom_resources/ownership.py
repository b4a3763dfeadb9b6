"""What is ours: told by the owner's tag, and by equal content where there are no tags. The rest is never touched."""

from collections.abc import Iterator

from custom_resources.api import Api, Description
from custom_resources.errors import Taken
from custom_resources.parameters import numbered
from custom_resources.request import OWNER_TAG, Wanted


def is_ours(found: Description, wanted: Wanted, api: Api) -> bool:
    """Whether the template that wants this resource has made what was found."""
    if found.kind.taggable:
        return api.tags(found.arn).get(OWNER_TAG) == wanted.owner
    return found.has_content(wanted.parameters)


def find_ours(name: str, wanted: Wanted, api: Api, arn_prefix: str) -> Description | None:
    """Describe what is there under a name, or in the only place there is.

    Raises:
        Taken: It is not ours, or it is and cannot become what is wanted.
    """
    found = api.find(name, wanted.parameters, arn_prefix)
    if found is None or found.is_being_deleted:
        return found
    if not is_ours(found, wanted, api):
        mark = f"its tag {OWNER_TAG} is not {wanted.owner!r}" if found.kind.taggable else "its content is another"
        raise Taken(f"{found.arn} exists and is not ours ({mark}); delete it, or choose another name")
    if found.kind.singleton and found.name != name:
        raise Taken(
            f"{found.arn} has the only place for this {found.kind.words} and cannot be changed to what is wanted; "
            "put the new one into a new dataset group, or delete the old one first"
        )
    return found


def all_ours(name: str, wanted: Wanted, api: Api, arn_prefix: str) -> Iterator[Description]:
    """What we made under a name; of what cannot be deleted, under the next names too."""
    for candidate in numbered(name):
        found = api.find(candidate, wanted.parameters, arn_prefix)
        if found is None or found.name != candidate:
            return
        if is_ours(found, wanted, api):
            yield found
        if found.kind.deletable:
            return
