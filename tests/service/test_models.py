"""A walk through botocore's models: what each operation says to a good request, and to each that is not."""

import copy

import pytest
from botocore.model import ListShape, MapShape, StructureShape

from personalize_local.service import api
from personalize_local.service.errors import ServiceError

OPERATIONS = [name for service in api.SERVICES for name in api.service_model(service).operation_names]
STRANGER = "arn:aws:personalize:us-east-1:123456789012:nothing/stranger"

# Texts of all the forms that the models ask for; the first that fits is taken.
TEXTS = [
    STRANGER,
    "arn:aws:iam::123456789012:role/personalize",
    "arn:aws:kms:us-east-1:123456789012:key/1",
    "stranger",
    "s3://bucket/path",
    "rate(7 days)",
    "1",
]
# What the models call a string and the service reads: it is held against it before anything is looked for.
READ = {
    "schema": '{"type": "record", "name": "Interactions", "namespace": "com.amazonaws.personalize.schema", "version": '
    '"1.0", "fields": [{"name": "USER_ID", "type": "string"}, {"name": "ITEM_ID", "type": "string"}, '
    '{"name": "TIMESTAMP", "type": "long"}]}',
    "filterExpression": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
    "expression": "SAMPLECOUNT()",
    "datasetType": "Interactions",
}


def fits(shape, text):
    return not list(api._problems(text, shape, ""))


def example(shape, name=""):
    """A value of a shape with all that it requires, and nothing that it forbids."""
    match shape:
        case StructureShape():
            return {member: example(shape.members[member], member) for member in shape.required_members}
        case ListShape():
            return [example(shape.member, name)] * max(1, shape.metadata.get("min", 1))
        case MapShape():
            return {}
    if shape.type_name == "string":
        candidates = [READ[name]] if name in READ else shape.metadata.get("enum") or TEXTS
        return next(text for text in candidates if fits(shape, text))
    return {"boolean": True, "timestamp": 1_700_000_000}.get(shape.type_name, shape.metadata.get("min", 1))


def request_of(operation):
    shape = api.operation(operation).input_shape
    return example(shape) if shape else {}


def required(shape, path=()):
    """The paths of all members that must be there, below others that must be there too."""
    match shape:
        case StructureShape():
            for name in shape.required_members:
                yield (*path, name)
                yield from required(shape.members[name], (*path, name))
        case ListShape():
            yield from required(shape.member, (*path, 0))


def too_much(shape, name=""):
    """Values that break one bound of a shape each."""
    bounds = shape.metadata
    if "enum" in bounds:
        yield "NO_SUCH_VALUE"
    elif shape.type_name == "string":
        if "max" in bounds:
            yield "a" * (bounds["max"] + 1)
        if bounds.get("min", 0) > 0:
            yield "a" * (bounds["min"] - 1)
        if "pattern" in bounds:
            yield next(text for text in ("\n!", "é") if not fits(shape, text))
        yield 7
    elif shape.type_name in {"integer", "long", "float", "double"}:
        if "max" in bounds:
            yield bounds["max"] + 1
        if "min" in bounds:
            yield bounds["min"] - 1
        yield "many"
    elif shape.type_name == "list":
        if "max" in bounds:
            yield [example(shape.member, name)] * (bounds["max"] + 1)
        yield "none"
    elif shape.type_name == "boolean":
        yield "maybe"
    elif shape.type_name in {"structure", "map"}:
        yield "none"


REQUIRED = [
    pytest.param(operation, path, id=f"{operation}-{'.'.join(map(str, path))}")
    for operation in OPERATIONS
    for path in required(api.operation(operation).input_shape)
]
BOUNDS = [
    pytest.param(operation, name, value, id=f"{operation}-{name}-{number}")
    for operation in OPERATIONS
    for name, shape in api.operation(operation).input_shape.members.items()
    for number, value in enumerate(too_much(shape, name))
]


@pytest.fixture(scope="module")
def empty_lab(make_lab):
    """A service that holds nothing; what is refused leaves nothing behind."""
    return make_lab()


@pytest.fixture
def refused(empty_lab):
    """Asserts that a request is refused as invalid, with the status of that error, and answers the message."""

    def refuse(operation, request):
        with pytest.raises(ServiceError) as caught:
            empty_lab(operation, **request)
        assert (caught.value.code, caught.value.status) == ("InvalidInputException", 400)
        return caught.value.message

    return refuse


@pytest.mark.parametrize(("operation", "path"), REQUIRED)
def test_each_required_member_that_is_missing_is_named(operation, path, refused):
    request = copy.deepcopy(request_of(operation))
    holder = request
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]

    message = refused(operation, request)

    assert message.startswith("1 validation error detected: Value null at '")
    assert f"{path[-1]}' failed to satisfy constraint: Member must not be null" in message


@pytest.mark.parametrize(("operation", "name", "value"), BOUNDS)
def test_each_bound_that_is_exceeded_is_named_with_its_member(operation, name, value, refused):
    message = refused(operation, {**request_of(operation), name: value})

    assert f"at '{name}' failed to satisfy constraint: Member must " in message


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_member_that_no_model_has_is_named(operation, refused):
    assert "at 'colour' failed to satisfy constraint: Member is unknown" in refused(
        operation, {**request_of(operation), "colour": "red"}
    )


ABOUT_STRANGERS = [operation for operation in OPERATIONS if STRANGER in str(request_of(operation))]


@pytest.mark.parametrize("operation", ABOUT_STRANGERS)
def test_a_good_request_about_a_stranger_names_it_in_an_error_that_the_operation_declares(operation, empty_lab):
    statuses = {
        shape.name: shape.metadata.get("error", {}).get("httpStatusCode", 400)
        for shape in api.operation(operation).error_shapes
    }

    with pytest.raises(ServiceError) as caught:
        empty_lab(operation, **request_of(operation))

    assert caught.value.status == statuses[caught.value.code]
    assert STRANGER in caught.value.message


@pytest.mark.parametrize("operation", sorted({*OPERATIONS} - {*ABOUT_STRANGERS}))
def test_a_good_request_about_nobody_is_answered_or_refused_as_declared(operation, make_lab):
    lab = make_lab()
    try:
        answer, code = lab(operation, **request_of(operation)), None
    except ServiceError as error:
        answer, code = None, error.code

    declared = {shape.name for shape in api.operation(operation).error_shapes}
    assert isinstance(answer, dict) or code in declared
