"""Any requests in any order: never a failure of the service, and never a state that contradicts itself.

More than the sample of the suite:

    FUZZ_REQUESTS=100000 .venv/bin/pytest tests/service/test_fuzz.py --hypothesis-show-statistics --timeout 0
"""

import os
from collections import Counter

from botocore.model import ListShape, MapShape, StructureShape
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from personalize_local.service import api
from personalize_local.service.errors import ServiceError
from personalize_local.service.profiles import BRISK
from personalize_local.service.quotas import Quotas

from .conftest import INTERACTIONS, ITEMS, ROLE, USERS, Lab, schema_text, small_log

REQUESTS, EACH = int(os.environ.get("FUZZ_REQUESTS", "1000")), 50

OPERATIONS = [name for service in api.SERVICES for name in api.service_model(service).operation_names]
ERRORS = {shape.name for name in OPERATIONS for shape in api.operation(name).error_shapes}
OUTCOMES = {"answered", "NotImplemented", *ERRORS}
# Half of the requests make something or use it, so that there is something to be wrong about.
USEFUL = [name for name in OPERATIONS if name.startswith(("Create", "Put", "Get", "Update", "Start", "Stop"))]
LISTED = {name.removeprefix("List"): name for name in OPERATIONS if name.startswith("List") and name.endswith("s")}
RECIPES = ("popularity-count", "sims", "hrnn", "no-such-recipe")
EXPRESSIONS = (
    'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
    "INCLUDE ItemID WHERE Items.GENRES IN ($GENRE)",
    "INCLUDE ItemID WHERE Nothing.AT_ALL = ",
)
SCHEMAS = [
    schema_text(record, fields)
    for record, fields in (("Interactions", INTERACTIONS), ("Items", ITEMS), ("Users", USERS), ("Items", USERS))
]
# What is taken for a member of this name where a text is asked for.
TEXTS = {
    "name": ("a", "b", "c"),
    "jobName": ("a", "b", "c"),
    "schema": (*SCHEMAS, "{"),
    "filterExpression": EXPRESSIONS,
    "expression": ("SAMPLECOUNT()", "SUM(Items.YEAR)", "SUM("),
    "datasetType": ("Interactions", "Items", "Users", "Actions", "Music"),
    "dataLocation": ("s3://bucket/data.csv", "s3://bucket/nothing.csv", "s3://forbidden/data.csv"),
    "path": ("s3://bucket/out/", "s3://forbidden/out/"),
    "recipeArn": tuple(f"arn:aws:personalize:::recipe/aws-{recipe}" for recipe in RECIPES),
    "userId": ("u1", "u2", "nobody"),
    "itemId": ("i1", "i2", "nothing"),
    "inputList": ("i1", "i2", "nothing"),
    "properties": ('{"GENRES": "Drama"}', "{}", "{"),
    "schedulingExpression": ("rate(1 days)", "rate(9 years)"),
    "nextToken": ("bm8=",),
}
QUOTAS = Quotas(dataset_groups=2, schemas=2, solutions=1, campaigns=1, recommenders=1, filters=1, import_jobs=1)
# What counts against a quota, and within what.
COUNTED = {
    "DatasetGroup": ("dataset_groups", None),
    "Schema": ("schemas", None),
    "Solution": ("solutions", "datasetGroupArn"),
    "Recommender": ("recommenders", "datasetGroupArn"),
    "Filter": ("filters", "datasetGroupArn"),
    "Campaign": ("campaigns", "solutionVersionArn"),
}
ODD = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.lists(st.integers(), max_size=2))


class Strangers:
    """Draws requests; ARNs and tracking IDs mostly of what there is."""

    def __init__(self, draw):
        self._draw = draw
        self.known = ["arn:aws:personalize:us-east-1:123456789012:campaign/stranger"]
        self.tracking = ["stranger"]

    def learn(self, answer):
        for name, value in answer.items():
            if name.endswith("Arn") and isinstance(value, str):
                self.known.append(value)
            elif name == "trackingId":
                self.tracking.append(value)

    def request(self, operation):
        shape = api.operation(operation).input_shape
        return self._structure(shape, self._draw(st.integers(0, 3))) if shape else {}

    def _structure(self, shape, generosity):
        names = [
            name
            for name in shape.members
            if name in shape.required_members or self._draw(st.integers(0, 5)) < generosity
        ]
        if self._draw(st.integers(0, 40)) == 0 and names:
            names.remove(self._draw(st.sampled_from(names)))
        return {name: self._value(shape.members[name], name, generosity) for name in names}

    def _value(self, shape, name, generosity):
        if self._draw(st.integers(0, 60)) == 0:
            return self._draw(ODD)
        match shape:
            case StructureShape():
                return self._structure(shape, generosity)
            case ListShape():
                size = self._draw(st.integers(0, 2))
                return [self._value(shape.member, name, generosity) for _ in range(size)]
            case MapShape():
                return {self._text(shape.key, name): self._value(shape.value, name, generosity)}
        if shape.type_name == "string":
            return self._text(shape, name)
        return self._draw(
            {"boolean": st.booleans(), "timestamp": st.integers(0, 2_000_000_000)}.get(
                shape.type_name, st.integers(int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 30)))
            )
        )

    def _text(self, shape, name):
        if "enum" in shape.metadata:
            return self._draw(st.sampled_from(shape.metadata["enum"]))
        if name in TEXTS:
            return self._draw(st.sampled_from(TEXTS[name]))
        if name == "roleArn":
            return ROLE
        if name == "trackingId":
            return self._draw(st.sampled_from(self.tracking[-4:]))
        if name.lower().endswith("arn"):
            kind = name.removesuffix("Arn")
            fitting = [arn for arn in self.known if _kind(arn) == kind.lower()]
            return self._draw(st.sampled_from(fitting[-6:] or self.known[-6:]))
        return self._draw(st.text("aB1-_.$ é", max_size=6))


def _kind(arn):
    kind, *rest = arn.split(":", 5)[-1].split("/")
    return "solutionversion" if kind == "solution" and len(rest) > 1 else kind.replace("-", "")


def contradictions(lab):
    """Names that two have, what refers to something that is not there, and what there is more of than may be."""
    there = {}
    for kinds, operation in LISTED.items():
        if kinds in {"Recipes", "MetricAttributionMetrics"} or api.operation(operation).input_shape.required_members:
            continue
        (summaries,) = (value for value in lab(operation, maxResults=100).values() if isinstance(value, list))
        kind = kinds[:-1]
        key = f"{kind[0].lower()}{kind[1:]}Arn"
        for summary in summaries:
            (description,) = lab(f"Describe{kind}", **{key: summary[key]}).values()
            there[summary[key]] = (kind, description)
    for (kind, name), count in Counter((kind, description.get("name")) for kind, description in there.values()).items():
        if name and count > 1 and kind not in {"Dataset", "SolutionVersion"}:
            yield f"{count} resources {kind} are named {name}"
    for kind, (quota, within) in COUNTED.items():
        counted = Counter(
            description.get(within)
            for each, description in there.values()
            if each == kind and not description.get("status", "").startswith(("CREATE FAILED", "DELETE"))
        )
        for whose, count in counted.items():
            if count > getattr(QUOTAS, quota):
                yield f"{count} resources {kind} of {whose}"
    lasting = {"schema", "datasetgroup", "solution"}  # whose children go with them, or keep them
    for arn, (_, description) in there.items():
        for other in description.values():
            if isinstance(other, str) and _kind(other) in lasting and other.startswith("arn:") and other not in there:
                yield f"{arn} refers to {other}, which is not there"


@settings(
    max_examples=max(1, REQUESTS // EACH),
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],  # a sequence is told by its last request, and shrinking one takes minutes
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_no_sequence_of_requests_breaks_the_service(data):
    lab = Lab(profile=BRISK, quotas=QUOTAS)
    try:
        lab.upload(small_log(users=20, each=5))
        strangers = Strangers(data.draw)
        for name in ("films", "songs")[: data.draw(st.integers(0, 2))]:
            rows = small_log(users=50, each=20)
            dataset = lab.dataset(strangers.known.append(group := lab.group(name)) or group)
            strangers.known.append(dataset)
            lab.import_file(dataset, lab.upload(rows), f"{name}-import")
        for _ in range(EACH):
            operation = data.draw(st.sampled_from(USEFUL if data.draw(st.booleans()) else OPERATIONS))
            request = strangers.request(operation)
            try:
                answer, outcome = lab(operation, **request), "answered"
                strangers.learn(answer)
            except ServiceError as error:
                outcome = error.code if error.status < 500 else f"{operation} {request}: {error.code}: {error.message}"
            assert outcome in OUTCOMES
            event(outcome)
            lab.wait(data.draw(st.sampled_from((0, 0, 1, 60))))
        assert list(contradictions(lab)) == []
    finally:
        lab.service.close()
