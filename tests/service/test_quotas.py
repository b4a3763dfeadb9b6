"""There may be so much of everything and no more, and a file says how much."""

import json
from dataclasses import fields

import pytest

from personalize_local.service.errors import ServiceError, Throttled
from personalize_local.service.quotas import InvalidQuotas, Quotas
from personalize_local.service.rates import Rates

from .conftest import ITEMS, ROLE, small_log
from .test_jobs import ask, run

# What limits how many resources there are, by the kind that it limits.
ACTIVE = {
    "dataset_groups": "DatasetGroup",
    "schemas": "Schema",
    "solutions": "Solution",
    "campaigns": "Campaign",
    "recommenders": "Recommender",
    "filters": "Filter",
}
UNFINISHED = {
    "solution_versions": "SolutionVersion",
    "import_jobs": "DatasetImportJob",
    "export_jobs": "DatasetExportJob",
    "batch_inference_jobs": "BatchInferenceJob",
    "batch_segment_jobs": "BatchSegmentJob",
    "deletion_jobs": "DataDeletionJob",
}
SEEN = 'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")'
UNSEEN = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")'


def full(kind):
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind).strip()
    return (
        "LimitExceededException",
        f"Cannot create a {words}. More than 1 resources in ACTIVE state. Please delete some and try again.",
    )


@pytest.fixture(scope="module")
def single(make_lab):
    """A service with one of everything, where one is enough."""
    lab = make_lab(quotas=Quotas(**dict.fromkeys(ACTIVE, 1)))
    group = lab.filled_group()
    version = lab.version(lab.solution(group))
    lab.campaign(version)
    lab("CreateFilter", name="seen", datasetGroupArn=group, filterExpression=SEEN)
    lab.wait()
    return lab, group, version


@pytest.mark.parametrize("kind", sorted({*ACTIVE.values()} - {"Recommender"}))
def test_one_more_than_there_may_be_is_refused(single, kind):
    lab, group, version = single
    (schema,) = lab("ListSchemas")["schemas"]
    recipe = "arn:aws:personalize:::recipe/aws-sims"
    request = {
        "DatasetGroup": {},
        "Schema": {"schema": lab("DescribeSchema", schemaArn=schema["schemaArn"])["schema"]["schema"]},
        "Solution": {"datasetGroupArn": group, "recipeArn": recipe},
        "Campaign": {"solutionVersionArn": version},
        "Filter": {"datasetGroupArn": group, "filterExpression": SEEN},
    }[kind]
    assert lab.refusal(f"Create{kind}", name="more", **request) == full(kind)


def test_what_is_gone_makes_room_and_what_failed_takes_none(make_lab):
    lab = make_lab(quotas=Quotas(dataset_groups=1))
    lab("DeleteDatasetGroup", datasetGroupArn=lab.group("first"))
    lab.wait()
    second = lab.group("second")
    assert lab.refusal("CreateDatasetGroup", name="third") == full("DatasetGroup")
    lab("DeleteDatasetGroup", datasetGroupArn=second)
    failing = lab("CreateDatasetGroup", name="failing")["datasetGroupArn"]
    lab.service.fail(failing, "on purpose")
    lab.wait()
    assert lab.group("fourth")


@pytest.mark.parametrize(("quota", "kind"), UNFINISHED.items())
def test_one_job_more_than_may_wait_or_run_is_refused(make_lab, quota, kind):
    lab = make_lab(quotas=Quotas(**{quota: 1}))
    group = lab.filled_group()
    recipe = "aws-item-affinity" if kind == "BatchSegmentJob" else "aws-popularity-count"
    solution = lab.solution(group, recipe)
    (dataset,) = lab("ListDatasets", datasetGroupArn=group)["datasets"]
    output = {"jobOutput": {"s3DataDestination": {"path": "s3://bucket/out/"}}}
    users, question = lab.upload([["u1"]], ["USER_ID"], "users.csv"), ask(lab, {"userId": "u1", "itemId": "i1"})

    def create(name):
        if kind == "SolutionVersion":
            return {"solutionArn": solution}
        job = {"jobName": name, "roleArn": ROLE}
        if kind == "DatasetImportJob":
            return job | {"datasetArn": dataset["datasetArn"], "dataSource": {"dataLocation": "s3://bucket/data.csv"}}
        if kind == "DatasetExportJob":
            return job | {"datasetArn": dataset["datasetArn"], **output}
        if kind == "DataDeletionJob":
            return job | {"datasetGroupArn": group, "dataSource": {"dataLocation": users}}
        version = {"solutionVersionArn": trained, "jobInput": {"s3DataSource": {"path": question}}}
        return job | version | output

    trained = None if kind == "SolutionVersion" else lab.version(solution)
    lab(f"Create{kind}", **create("first"))
    assert lab.refusal(f"Create{kind}", **create("second")) == (
        "LimitExceededException",
        "More than 1 resources with PENDING or IN_PROGRESS status.",
    )
    lab.wait(20 * 3600)
    lab(f"Create{kind}", **create("third"))


def test_an_import_has_so_many_bytes_at_most(make_lab):
    lab = make_lab(quotas=Quotas(full_import_bytes=50_000, incremental_import_bytes=20_000))
    dataset = lab.dataset(lab.group())
    large, usual = small_log(users=120), small_log()
    job = lab.import_file(dataset, lab.upload(large), "large")
    assert (job["status"], job["failureReason"]) == (
        "CREATE FAILED",
        f"An import with importMode FULL can have at most 50000 bytes, got {len(lab.objects['bucket', 'data.csv'])}.",
    )
    assert lab.import_file(dataset, lab.upload(usual), "usual")["status"] == "ACTIVE"
    lab.upload(small_log(users=55))
    job = lab.import_file(dataset, "s3://bucket/data.csv", "more", importMode="INCREMENTAL")
    assert "importMode INCREMENTAL can have at most 20000 bytes, got" in job["failureReason"]


def test_the_input_of_a_data_deletion_has_so_many_bytes_at_most(make_lab):
    lab = make_lab(quotas=Quotas(deletion_bytes=15))
    group = lab.filled_group()
    location = lab.upload([["u1"], ["u2"], ["u3"]], ["USER_ID"], "users/all.csv")
    job = run(lab, "DataDeletionJob", datasetGroupArn=group, dataSource={"dataLocation": location})
    assert (job["status"], job["failureReason"]) == ("FAILED", "The input can have at most 15 bytes, got 17.")


@pytest.mark.parametrize(
    ("quotas", "reason"),
    [
        ({"batch_files": 1}, "The input can have at most 1 files, got 2."),
        ({"batch_bytes": 60}, "The input can have at most 60 bytes, got 66."),
        ({"batch_records": 1}, "questions/batch.json: a file can have at most 1 lines, got 2."),
    ],
)
def test_the_input_of_a_batch_job_has_so_much_at_most(make_lab, quotas, reason):
    lab = make_lab(quotas=Quotas(**quotas))
    version = lab.version(lab.solution(lab.filled_group()))
    ask(lab, {"userId": "u1"}, {"userId": "u2"})
    ask(lab, {"userId": "u3"}, {"userId": "u4"}, key="questions/more.json")
    job = run(
        lab,
        "BatchInferenceJob",
        solutionVersionArn=version,
        jobInput={"s3DataSource": {"path": "s3://bucket/questions/"}},
        jobOutput={"s3DataDestination": {"path": "s3://bucket/answers/"}},
    )
    assert (job["status"], job["failureReason"]) == ("CREATE FAILED", reason)
    assert not [key for _, key in lab.objects if key.startswith("answers/")]


@pytest.mark.parametrize(
    ("recipe", "quota"),
    [("aws-item-affinity", "item_affinity_queries"), ("aws-item-attribute-affinity", "attribute_affinity_queries")],
)
def test_a_batch_segment_job_asks_so_much_at_most(make_lab, recipe, quota):
    lab = make_lab(quotas=Quotas(**{quota: 1}))
    group = lab.filled_group()
    lab.dataset(group, "Items", ITEMS)
    version = lab.version(lab.solution(group, recipe, "segments"))
    request = {
        "solutionVersionArn": version,
        "jobInput": {"s3DataSource": {"path": ask(lab, {"itemId": "i1"}, {"itemId": "i2"})}},
        "jobOutput": {"s3DataDestination": {"path": "s3://bucket/answers/"}},
    }
    assert run(lab, "BatchSegmentJob", **request)["failureReason"] == (
        "questions/batch.json: a file can have at most 1 lines, got 2."
    )


def test_a_segment_has_so_many_users_at_most(make_lab):
    lab = make_lab(quotas=Quotas(segment_users=40))
    version = lab.version(lab.solution(lab.filled_group(), "aws-item-affinity", "segments"))
    request = {
        "jobName": "segments",
        "roleArn": ROLE,
        "solutionVersionArn": version,
        "jobInput": {"s3DataSource": {"path": ask(lab, {"itemId": "i1"})}},
        "jobOutput": {"s3DataDestination": {"path": "s3://bucket/answers/"}},
    }
    assert lab.refusal("CreateBatchSegmentJob", numResults=41, **request) == (
        "InvalidInputException",
        "numResults must be from 1 to 40, got 41.",
    )


def test_filters_have_so_many_fields_at_most(make_lab):
    lab = make_lab(quotas=Quotas(filter_fields=2, filter_fields_of_group=3))
    group = lab.filled_group()
    columns = {f"FIELD{number}": ["int", "null"] for number in range(4)}
    lab.dataset(group, "Items", {"ITEM_ID": "string"} | columns)

    def asking(*numbers):
        conditions = " AND ".join(f"Items.FIELD{number} > 1" for number in numbers)
        return {"datasetGroupArn": group, "filterExpression": f"INCLUDE ItemID WHERE {conditions}"}

    assert lab.refusal("CreateFilter", name="wide", **asking(0, 1, 2)) == (
        "InvalidInputException",
        "A filter can have at most 2 fields, got 3.",
    )
    lab("CreateFilter", name="first", **asking(0, 1))
    lab("CreateFilter", name="second", **asking(1, 2))
    assert lab.refusal("CreateFilter", name="third", **asking(3)) == (
        "LimitExceededException",
        "The filters of a dataset group can have at most 3 distinct fields.",
    )


def test_filters_look_at_so_many_of_the_latest_interactions(make_lab):
    for remembered, left in ((3, 9), (100, 0)):
        lab = make_lab(quotas=Quotas(filter_interactions=remembered))
        group = lab.filled_group()
        campaign = lab.campaign(lab.version(lab.solution(group)))
        arn = lab("CreateFilter", name="unseen", datasetGroupArn=group, filterExpression=UNSEEN)["filterArn"]
        lab.wait()
        assert len(lab.recommended(campaign, userId="u1", filterArn=arn)) == left


def test_a_training_considers_the_items_that_were_met_last(make_lab):
    lab = make_lab(quotas=Quotas(considered_items=5))
    rows = small_log(users=120, items=8)
    rows = [*rows, ("late", "rare", max(row[2] for row in rows) + 1, "watch")]
    campaign = lab.campaign(lab.version(lab.solution(lab.filled_group(rows=rows))))
    newest = sorted(rows, key=lambda row: row[2])[::-1]
    latest = list(dict.fromkeys(row[1] for row in newest))[:5]
    assert set(lab.recommended(campaign, userId="u1")) == set(latest)
    assert lab.recommended(campaign, userId="u1")[-1] == "rare"


def test_a_training_considers_the_newest_interactions(make_lab):
    lab = make_lab(quotas=Quotas(considered_interactions=1000))
    rows = small_log()
    first = min(row[2] for row in rows)
    group = lab.filled_group(rows=[*rows, *((f"u{user}", "old", first - 1 - user, "watch") for user in range(50))])
    campaign = lab.campaign(lab.version(lab.solution(group)))
    assert set(lab.recommended(campaign, userId="u1")) == {f"i{number}" for number in range(12)}


def test_a_training_considers_the_catalogue_behind_what_was_met(make_lab):
    lab = make_lab(quotas=Quotas(considered_items=14))
    group = lab.filled_group()
    items = lab.dataset(group, "Items", {"ITEM_ID": "string", "YEAR": "int"})
    lab.import_file(items, lab.upload([(f"n{n}", 1990) for n in range(9)], {"ITEM_ID": "", "YEAR": ""}), "items")
    campaign = lab.campaign(lab.version(lab.solution(group)))
    assert set(lab.recommended(campaign, userId="u1")) == {f"i{n}" for n in range(12)} | {"n0", "n1"}


def refused(rates, operation, calls, quotas, **request):
    """How many of so many calls are throttled, and with which status."""
    statuses = []
    for _ in range(calls):
        try:
            rates.count(operation, request, quotas)
        except Throttled as error:
            statuses.append(error.status)
    return statuses


def test_requests_are_counted_by_the_second_and_by_what_they_are_about():
    second = [100.2]
    rates, quotas = Rates(lambda: second[0]), Quotas(campaign_requests=3, runtime_requests=5, record_requests=1)
    assert refused(rates, "GetRecommendations", 4, quotas, campaignArn="one") == [429]
    assert refused(rates, "GetRecommendations", 3, quotas, recommenderArn="two") == [429]  # the sixth of all
    assert refused(rates, "PutItems", 2, quotas, datasetArn="items") == [429]
    assert refused(rates, "PutItems", 1, quotas, datasetArn="others") == []
    assert refused(rates, "DescribeCampaign", 99, quotas, campaignArn="one") == []
    second[0] = 101.0
    assert refused(rates, "GetRecommendations", 3, quotas, campaignArn="one") == []


@pytest.mark.parametrize(("rates", "throttled"), [(None, 0), (Rates(lambda: 7.0), 10)])
def test_a_service_that_counts_throttles(make_lab, rates, throttled):
    lab = make_lab(rates=rates)
    dataset = lab.dataset(lab.group(), "Items", {"ITEM_ID": "string", "YEAR": "int"})
    codes = []
    for number in range(20):
        try:
            lab("PutItems", datasetArn=dataset, items=[{"itemId": f"i{number}", "properties": '{"year": 1990}'}])
        except ServiceError as error:
            codes.append((error.code, error.status))
    assert codes == [("ThrottlingException", 429)] * throttled


def test_a_file_sets_quotas(tmp_path):
    path = tmp_path / "quotas.json"
    assert Quotas.read(path) == Quotas()
    path.write_text('{"campaigns": 20, "dataset_groups": 0}')
    assert Quotas.read(path) == Quotas(campaigns=20, dataset_groups=0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is not valid JSON"),
        ("[]", "sets something that is no JSON object; the quotas are [dataset_groups, schemas, "),
        ('{"campains": 5}', "sets [campains]; the quotas are [dataset_groups, schemas, "),
        ('{"campaigns": -1}', "sets campaigns to -1; it must be a whole number from 0"),
        ('{"campaigns": true}', "sets campaigns to true; it must be a whole number from 0"),
        ('{"campaigns": "5"}', 'sets campaigns to "5"; it must be a whole number from 0'),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_what_is_wrong(tmp_path, text, problem):
    path = tmp_path / "quotas.json"
    path.write_text(text)
    with pytest.raises(InvalidQuotas) as caught:
        Quotas.read(path)
    assert str(caught.value).startswith(f"{path} {problem}")


def test_every_quota_has_a_default_that_the_file_can_give_back():
    usual = {quota.name: quota.default for quota in fields(Quotas)}
    assert Quotas(**json.loads(json.dumps(usual))) == Quotas()
