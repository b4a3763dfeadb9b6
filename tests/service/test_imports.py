"""Dataset import jobs read real files."""

from concurrent.futures import Executor, Future

import pytest

VALID = [("u1", "i1", 1_600_000_000 + number, "watch") for number in range(1000)]


@pytest.fixture
def dataset(lab):
    return lab.dataset(lab.group())


def test_a_valid_file_is_imported(lab, dataset):
    asked = lab.clock.now()
    assert lab.import_file(dataset, lab.upload(VALID)) == {
        "jobName": "first",
        "datasetImportJobArn": lab.arn("dataset-import-job/first"),
        "datasetArn": dataset,
        "dataSource": {"dataLocation": "s3://bucket/data.csv"},
        "roleArn": lab.role,
        "status": "ACTIVE",
        "creationDateTime": asked,
        "lastUpdatedDateTime": asked + 12 * 60,
        "importMode": "FULL",
        "publishAttributionMetricsToS3": False,
    }


def test_an_import_takes_its_time(lab, dataset):
    source = {"dataLocation": lab.upload(VALID)}
    job = lab("CreateDatasetImportJob", jobName="first", datasetArn=dataset, dataSource=source, roleArn=lab.role)

    def status():
        return lab("DescribeDatasetImportJob", **job)["datasetImportJob"]["status"]

    assert status() == "CREATE PENDING"
    lab.wait(11 * 60)
    assert status() == "CREATE IN_PROGRESS"
    lab.wait(60)
    assert status() == "ACTIVE"


def test_a_folder_is_imported_without_the_folders_in_it(lab, dataset):
    lab.upload(VALID[:600], key="in/a.csv")
    lab.upload(VALID[600:], key="in/b.csv")
    lab.upload([("not", "a", "valid", "row")], key="in/deeper/c.csv")
    assert lab.import_file(dataset, "s3://bucket/in/")["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (VALID[:999], "An import of interactions needs at least 1000 records, got 999"),
        ([*VALID[:999], ("u1", "i1", "soon", "watch")], "line 1001: TIMESTAMP: 'soon' is not of type long"),
        ([("", *VALID[0][1:]), *VALID], "line 2: USER_ID: a value is required"),
        (
            [("u" * 257, *VALID[0][1:]), *VALID],
            "line 2: USER_ID: Length cannot be more than 256 characters for USER_ID, got 257",
        ),
    ],
)
def test_a_file_that_breaks_the_rules_fails_the_job_with_the_reason(lab, dataset, rows, reason):
    job = lab.import_file(dataset, lab.upload(rows))
    assert (job["status"], job["failureReason"]) == ("CREATE FAILED", reason)


def test_missing_columns_are_named(lab, dataset):
    job = lab.import_file(dataset, lab.upload([("u", "i")], ["USER_ID", "ITEM"]))
    assert job["failureReason"] == "Input CSV is missing the following columns:[ITEM_ID, TIMESTAMP, EVENT_TYPE]"


def test_the_reason_names_ten_problems_and_counts_the_others(lab, dataset):
    job = lab.import_file(dataset, lab.upload([("", "", "", "")] * 10))
    assert job["failureReason"].count("a value is required") == 10
    assert job["failureReason"].endswith("; and 30 more")


def test_a_file_that_is_not_utf8_fails_the_job(lab, dataset):
    lab.objects["bucket", "data.csv"] = b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n\xff,i,1,watch\n"
    job = lab.import_file(dataset, "s3://bucket/data.csv")
    assert job["failureReason"].startswith("The data is not encoded in UTF-8: ")


def test_a_missing_object_is_refused_and_leaves_the_name_free(lab, dataset):
    request = {"jobName": "first", "datasetArn": dataset, "roleArn": lab.role}
    assert lab.refusal("CreateDatasetImportJob", dataSource={"dataLocation": "s3://bucket/none.csv"}, **request) == (
        "InvalidInputException",
        "Invalid Data location.",
    )
    assert lab.import_file(dataset, lab.upload(VALID))["status"] == "ACTIVE"


def test_a_file_that_may_not_be_read_fails_the_job(lab, dataset):
    lab.objects["forbidden", "data.csv"] = b""
    job = lab.import_file(dataset, "s3://forbidden/data.csv")
    assert job["failureReason"].startswith("Insufficient privileges for accessing data in Amazon S3. s3://forbidden/")


def test_a_role_is_needed(lab, dataset):
    source = {"dataLocation": lab.upload(VALID)}
    assert lab.refusal("CreateDatasetImportJob", jobName="first", datasetArn=dataset, dataSource=source) == (
        "InvalidInputException",
        "dataSource.dataLocation and roleArn are required.",
    )


def test_the_first_import_is_full(lab, dataset):
    request = {"jobName": "first", "datasetArn": dataset, "roleArn": lab.role, "importMode": "INCREMENTAL"}
    assert lab.refusal("CreateDatasetImportJob", dataSource={"dataLocation": lab.upload(VALID)}, **request) == (
        "InvalidInputException",
        "The first import into a dataset must have importMode FULL.",
    )


def test_five_imports_at_a_time_are_enough(lab, dataset):
    request = {"datasetArn": dataset, "roleArn": lab.role, "dataSource": {"dataLocation": lab.upload(VALID)}}
    for number in range(5):
        lab("CreateDatasetImportJob", jobName=f"job{number}", **request)
    assert lab.refusal("CreateDatasetImportJob", jobName="more", **request) == (
        "LimitExceededException",
        "More than 5 resources with PENDING or IN_PROGRESS status.",
    )


def test_an_import_holds_its_dataset_and_goes_with_it(lab, dataset):
    source = {"dataLocation": lab.upload(VALID)}
    job = lab("CreateDatasetImportJob", jobName="first", datasetArn=dataset, dataSource=source, roleArn=lab.role)
    assert lab.refusal("DeleteDataset", datasetArn=dataset) == (
        "ResourceInUseException",
        f"Resource Arn {dataset} cannot be deleted: {job['datasetImportJobArn']} needs it.",
    )
    lab.wait()
    lab("DeleteDataset", datasetArn=dataset)
    lab.wait()
    assert lab("ListDatasetImportJobs", datasetArn=dataset) == {"datasetImportJobs": []}


def recommended(lab, group):
    """What is popular after a new training."""
    number = len(lab("ListSolutions")["solutions"])
    version = lab.version(lab.solution(group, name=f"popular{number}"))
    return set(lab.recommended(lab.campaign(version, f"popular{number}")))


def spread(item, count=1000):
    """Interactions of many users with one item."""
    return [(f"u{number % 40}", item, 1_600_000_000 + number, "watch") for number in range(count)]


def test_a_full_import_replaces_what_was_imported_but_not_the_events(lab, dataset):
    group = lab.arn("dataset-group/films")
    tracking_id = lab.tracker(group)
    lab.import_file(dataset, lab.upload(spread("old")))
    event = {"eventType": "watch", "itemId": "live", "sentAt": 1_600_009_999}
    lab("PutEvents", trackingId=tracking_id, sessionId="s", userId="u1", eventList=[event])
    lab.import_file(dataset, lab.upload(spread("new"), key="new.csv"), "second")
    assert recommended(lab, group) == {"new", "live"}


def test_an_incremental_import_adds(lab, dataset):
    lab.import_file(dataset, lab.upload(spread("old")))
    location = lab.upload(spread("new"), key="new.csv")
    lab.import_file(dataset, location, "second", importMode="INCREMENTAL")
    assert recommended(lab, lab.arn("dataset-group/films")) == {"old", "new"}


def test_the_same_interaction_counts_once(lab, dataset):
    lab.import_file(dataset, lab.upload(VALID[:500] * 2))
    version = lab.version(lab.solution(lab.arn("dataset-group/films")))
    reason = lab("DescribeSolutionVersion", solutionVersionArn=version)["solutionVersion"]["failureReason"]
    assert reason == "Dataset has fewer than 1000 interactions."


class Stuck(Executor):
    """Does nothing of what it is given, like a service that is killed at once."""

    def submit(self, fn, /, *args, **kwargs):
        return Future()


def test_an_import_that_was_cut_short_is_done_again_after_a_restart(make_lab, tmp_path):
    lab = make_lab(state=tmp_path, background=Stuck())
    dataset = lab.dataset(lab.group())
    assert lab.import_file(dataset, lab.upload(VALID))["status"] == "CREATE IN_PROGRESS"
    lab.service.close()
    again = make_lab(state=tmp_path, clock=lab.clock, objects=lab.objects)
    job = again("ListDatasetImportJobs", datasetArn=dataset)["datasetImportJobs"][0]
    assert job["status"] == "ACTIVE"
