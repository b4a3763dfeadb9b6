"""What each dataset of Amazon Personalize may hold, and the Avro schema that says so.

The tables below are the service's (developer guide, custom and domain datasets and schemas). Both sides use them: the
preparation builds schemas, the service validates what CreateSchema is given. Standard library only.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

NAMESPACE = "com.amazonaws.personalize.schema"
TYPES = ("string", "int", "long", "float", "double", "boolean")
ID_CHARACTERS = 256
TEXT_CHARACTERS = 1000


@dataclass(frozen=True)
class Field:
    """A column of a dataset: its name, Avro type and how the service reads it."""

    name: str
    type: str = "string"
    nullable: bool = False
    categorical: bool = False
    textual: bool = False
    item_name: bool = False  # names the item for Semantic-Similarity
    bounds: tuple[int, int] | None = None  # the least and the greatest value of a reserved number
    words: tuple[str, ...] = ()  # all that a reserved text may be, in whichever case, with spaces or underscores

    @property
    def max_characters(self) -> int | None:
        """The longest value that an import takes; None where there is no bound (numbers, textual fields)."""
        if self.type != "string" or self.textual:
            return None
        return ID_CHARACTERS if self.name in _IDENTIFIERS else TEXT_CHARACTERS

    @property
    def is_epoch(self) -> bool:
        """Whether the values are Unix epoch seconds."""
        return self.name in ("TIMESTAMP", "CREATION_TIMESTAMP", "EXPIRATION_TIMESTAMP")

    @property
    def is_learned(self) -> bool:
        """Whether trainings read the values: numbers, categories, and texts that tell what an item is."""
        return self.categorical or self.textual or self.item_name or self.type not in ("string", "boolean")

    def avro(self) -> dict[str, Any]:
        """The field as an entry of an Avro record's `fields`."""
        entry: dict[str, Any] = {"name": self.name, "type": [self.type, "null"] if self.nullable else self.type}
        marks = {"categorical": self.categorical, "textual": self.textual, "itemName": self.item_name}
        return entry | {mark: True for mark, is_set in marks.items() if is_set}


@dataclass(frozen=True)
class DatasetType:
    """A type of dataset, as a custom dataset group or one domain knows it.

    Attributes:
        name: as in a configuration: `interactions`.
        api_name: as in CreateDataset: `Interactions`.
        record: the name of the Avro record.
        key: the columns that identify a row; the last of two Items or Users rows with one key wins.
    """

    name: str
    api_name: str
    record: str
    key: tuple[str, ...]
    required: tuple[Field, ...]
    reserved: tuple[Field, ...] = ()
    max_metadata: int = 5
    needs_metadata: bool = False

    @property
    def file_name(self) -> str:
        """The name of the prepared CSV file, for example `INTERACTIONS.csv`."""
        return f"{self.name.upper()}.csv"

    @property
    def schema_file_name(self) -> str:
        """The name of the file with its Avro schema, for example `interactions.avsc`."""
        return f"{self.name}.avsc"

    def known(self, column: str) -> Field | None:
        """The required or reserved field of that name; None for a column of one's own (metadata)."""
        return next((field for field in (*self.required, *self.reserved) if field.name == column), None)

    def metadata(self, fields: Iterable[Field]) -> list[Field]:
        """Those of the fields that are columns of one's own."""
        return [field for field in fields if self.known(field.name) is None]


def _categorical(*names: str, nullable: bool = True) -> tuple[Field, ...]:
    return tuple(Field(name, nullable=nullable, categorical=True) for name in names)


def spelled_alike(word: str) -> str:
    """A word as it is compared with those of a field: `NOT_TAKEN` and `Not Taken` are the same."""
    return word.lower().replace("_", " ")


_IDENTIFIERS = frozenset({"USER_ID", "ITEM_ID", "ACTION_ID", "EVENT_TYPE"})
_USER, _ITEM, _ACTION, _EVENT_TYPE = (Field(name) for name in ("USER_ID", "ITEM_ID", "ACTION_ID", "EVENT_TYPE"))
_TIMESTAMP, _CREATED = Field("TIMESTAMP", "long"), Field("CREATION_TIMESTAMP", "long")
_IMPRESSION, _RECOMMENDATION = Field("IMPRESSION", nullable=True), Field("RECOMMENDATION_ID", nullable=True)
_DESCRIPTION = Field("PRODUCT_DESCRIPTION", nullable=True, textual=True)

_INTERACTIONS = DatasetType(
    "interactions",
    "Interactions",
    "Interactions",
    ("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"),
    required=(_USER, _ITEM, _TIMESTAMP),
    reserved=(
        _EVENT_TYPE,
        Field("EVENT_VALUE", "float", nullable=True),
        _IMPRESSION,
        _RECOMMENDATION,
        Field("EVENT_ATTRIBUTION_SOURCE", nullable=True),
    ),
)
_ITEMS = DatasetType(
    "items",
    "Items",
    "Items",
    ("ITEM_ID",),
    required=(_ITEM,),
    reserved=(_CREATED,),
    max_metadata=100,
    needs_metadata=True,
)
_USERS = DatasetType("users", "Users", "Users", ("USER_ID",), required=(_USER,), max_metadata=25, needs_metadata=True)
_ACTIONS = DatasetType(
    "actions",
    "Actions",
    "Actions",
    ("ACTION_ID",),
    required=(_ACTION,),
    max_metadata=10,
    needs_metadata=True,
    reserved=(
        _CREATED,
        Field("VALUE", "long", nullable=True, bounds=(1, 10)),
        Field("TYPE", nullable=True),
        Field("EXPIRATION_TIMESTAMP", "long", nullable=True),
        Field("REPEAT_FREQUENCY", "long", nullable=True, bounds=(0, 30)),
    ),
)
_ACTION_INTERACTIONS = DatasetType(
    "action_interactions",
    "Action_Interactions",
    "ActionInteractions",
    ("USER_ID", "ACTION_ID", "TIMESTAMP", "EVENT_TYPE"),
    required=(_USER, _ACTION, replace(_EVENT_TYPE, words=("Taken", "Not Taken", "Viewed")), _TIMESTAMP),
    reserved=(_IMPRESSION, _RECOMMENDATION),
)

# Domain interactions need an event type, since the use cases tell views from purchases by it.
_DOMAIN_INTERACTIONS = replace(
    _INTERACTIONS, required=(_USER, _ITEM, _TIMESTAMP, _EVENT_TYPE), reserved=_INTERACTIONS.reserved[1:]
)

_CUSTOM = (_INTERACTIONS, _ITEMS, _USERS, _ACTIONS, _ACTION_INTERACTIONS)
_ECOMMERCE = (
    _DOMAIN_INTERACTIONS,
    replace(
        _ITEMS,
        required=(_ITEM, Field("PRICE", "float"), *_categorical("CATEGORY_L1", nullable=False)),
        reserved=(
            *_categorical("CATEGORY_L2", "CATEGORY_L3"),
            _DESCRIPTION,
            _CREATED,
            *_categorical("AGE_GROUP", "ADULT", "GENDER"),
        ),
        needs_metadata=False,
    ),
    _USERS,
)
_VIDEO_ON_DEMAND = (
    _DOMAIN_INTERACTIONS,
    replace(
        _ITEMS,
        required=(_ITEM, *_categorical("GENRES", nullable=False), _CREATED),
        reserved=(
            *(Field(name, "float", nullable=True) for name in ("PRICE", "DURATION", "AVERAGE_RATING")),
            *_categorical("GENRE_L2", "GENRE_L3"),
            _DESCRIPTION,
            *_categorical("CONTENT_OWNER", "CONTENT_CLASSIFICATION"),
        ),
        needs_metadata=False,
    ),
    replace(_USERS, reserved=_categorical("SUBSCRIPTION_MODEL")),
)

DATASET_TYPES: Mapping[str | None, Mapping[str, DatasetType]] = {
    domain: {dataset_type.name: dataset_type for dataset_type in dataset_types}
    for domain, dataset_types in {None: _CUSTOM, "ECOMMERCE": _ECOMMERCE, "VIDEO_ON_DEMAND": _VIDEO_ON_DEMAND}.items()
}
"""The dataset types by domain (None: a custom dataset group) and name."""


def avro(dataset_type: DatasetType | str, columns: Iterable[Field]) -> dict[str, Any]:
    """The Avro schema of a dataset with these columns, in this order, as CreateSchema takes it."""
    if isinstance(dataset_type, str):
        dataset_type = DATASET_TYPES[None][dataset_type]
    return {
        "type": "record",
        "name": dataset_type.record,
        "namespace": NAMESPACE,
        "fields": [column.avro() for column in columns],
        "version": "1.0",
    }


def fields_of(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields of a valid Avro schema."""
    # What the reserved columns of one name may hold is the same in all domains.
    records = {known.record: known for known in DATASET_TYPES[None].values()}
    return tuple(_parse_field(entry, records.get(schema.get("name", ""))) for entry in schema["fields"])


def dataset_type_of(schema: Mapping[str, Any], domain: str | None = None) -> DatasetType:
    """The dataset type that a valid Avro schema is for, told by the record's name."""
    return next(known for known in DATASET_TYPES[domain].values() if known.record == schema["name"])


def validate(schema: object, domain: str | None = None) -> list[str]:
    """Everything that the service would refuse in an Avro schema; empty when it is valid."""
    if not isinstance(schema, dict):
        return ["the schema must be a JSON object"]
    records = {known.record: known for known in DATASET_TYPES[domain].values()}
    problems = []
    if schema.get("type") != "record":
        problems.append(f"type must be record, got {schema.get('type')!r}")
    if schema.get("namespace") != NAMESPACE:
        problems.append(f"namespace must be {NAMESPACE}, got {schema.get('namespace')!r}")
    if schema.get("version") != "1.0":
        problems.append(f"version must be '1.0', got {schema.get('version')!r}")
    if schema.get("name") not in records:
        problems.append(f"name must be one of {', '.join(records)}, got {schema.get('name')!r}")
    entries = schema.get("fields")
    if not isinstance(entries, list) or not entries:
        return [*problems, "fields must be a list of at least one field"]
    malformed = [problem for entry in entries for problem in _malformed(entry)]
    if malformed or schema.get("name") not in records:
        return problems + malformed
    return problems + check_fields(records[schema["name"]], fields_of(schema))


def check_fields(dataset_type: DatasetType, fields: Sequence[Field]) -> list[str]:
    """Everything that the service would refuse in these columns of a dataset; empty when they are valid."""
    names = [field.name for field in fields]
    missing = [field.name for field in dataset_type.required if field.name not in names]
    metadata = dataset_type.metadata(fields)
    textual = [field.name for field in fields if field.textual]
    problems = [f"{dataset_type.name} needs the columns {missing}, got {names}"] if missing else []
    problems += _colliding(names)
    for field in fields:
        problems += _check_field(dataset_type, field)
    if dataset_type.needs_metadata and len(fields) <= len(dataset_type.required):
        required = [field.name for field in dataset_type.required]
        problems.append(f"{dataset_type.name} needs at least one column besides {required}")
    if len(metadata) > dataset_type.max_metadata:
        problems.append(
            f"{dataset_type.name} may have {dataset_type.max_metadata} columns of metadata, "
            f"got {len(metadata)}: {[field.name for field in metadata]}"
        )
    if len(textual) > 1:
        problems.append(f"{dataset_type.name} may have one textual column, got {textual}")
    return problems


def _check_field(dataset_type: DatasetType, field: Field) -> list[str]:
    known, problems = dataset_type.known(field.name), []
    if not re.fullmatch(r"[A-Za-z0-9_]+", field.name):
        problems.append(f"{field.name}: a name has letters, digits and underscores only")
    if field.type not in TYPES:
        problems.append(f"{field.name}: type {field.type!r} is not one of {', '.join(TYPES)}")
    if (field.categorical or field.textual or field.item_name) and field.type != "string":
        problems.append(f"{field.name}: only a string can be categorical, textual or itemName, got {field.type}")
    if field.categorical and field.textual:
        problems.append(f"{field.name}: a column is categorical or textual, not both")
    if field.textual and dataset_type.name != "items":
        problems.append(f"{field.name}: only items may have a textual column, not {dataset_type.name}")
    if field.item_name and dataset_type.name != "items":
        problems.append(f"{field.name}: only items may have names, not {dataset_type.name}")
    if known is None:
        return problems
    if field.type != known.type:
        problems.append(f"{field.name}: the type of this reserved column is {known.type}, got {field.type}")
    if field.nullable and not known.nullable:
        problems.append(f"{field.name}: this column cannot be null")
    if field.categorical != known.categorical:
        problems.append(f"{field.name}: this reserved column must {'' if known.categorical else 'not '}be categorical")
    return problems


def _colliding(names: Sequence[str]) -> list[str]:
    """Names must differ by more than underscores: GENRES_FIELD_1 collides with GENRESFIELD1."""
    seen: dict[str, str] = {}
    problems = []
    for name in names:
        other = seen.setdefault(name.replace("_", ""), name)
        if other is not name:
            problems.append(f"{name}: collides with {other}; names must differ in their letters and digits")
    return problems


def _malformed(entry: object) -> list[str]:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        return [f"a field is an object with name and type, got {entry!r}"]
    declared = entry.get("type")
    union = declared if isinstance(declared, list) else [declared]
    concrete = [part for part in union if part != "null"]
    if len(concrete) != 1 or not isinstance(concrete[0], str) or len(union) > 2:
        return [f"{entry['name']}: type is one of {', '.join(TYPES)}, or a union of it with null, got {declared!r}"]
    return []


def _parse_field(entry: Mapping[str, Any], dataset_type: DatasetType | None) -> Field:
    declared, known = entry["type"], dataset_type.known(entry["name"]) if dataset_type else None
    union = declared if isinstance(declared, list) else [declared]
    return Field(
        name=entry["name"],
        type=next(part for part in union if part != "null"),
        nullable="null" in union,
        categorical=bool(entry.get("categorical")),
        textual=bool(entry.get("textual")),
        item_name=bool(entry.get("itemName")),
        bounds=known.bounds if known else None,
        words=known.words if known else (),
    )
