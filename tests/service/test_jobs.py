"""Jobs: exports, batch inference, batch segments, data deletion."""

import json

import pytest

from .conftest import INTERACTIONS, ROLE, small_log

DENIED = "Insufficient privileges for accessing data in Amazon S3."


@pytest.fixture
def group(lab):
    return lab.filled_group()


def ask(lab, *questions, key="questions/batch.json"):
    """The location of a new file of questions."""
    lines = [question if isinstance(question, str) else json.dumps(question) for question in questions]
    lab.objects["bucket", key] = "\n".join(lines).encode()
    return f"s3://bucket/{key}"


def run(lab, stem, **request):
    """The description of a new job that has ended."""
    key = stem[0].lower() + stem[1:]
    arn = lab(f"Create{stem}", jobName=f"a-{stem}", roleArn=ROLE, **request)[f"{key}Arn"]
    lab.wait(20 * 3600)
    return lab(f"Describe{stem}", **{f"{key}Arn": arn})[key]


def batch(lab, stem, version, *questions, **more):
    """The lines that a batch job answers with."""
    job = run(
        lab,
        stem,
        solutionVersionArn=version,
        jobInput={"s3DataSource": {"path": ask(lab, *questions)}},
        jobOutput={"s3DataDestination": {"path": "s3://bucket/answers/"}},
        **more,
    )
    assert job["status"] == "ACTIVE", job
    return [json.loads(line) for line in lab.objects["bucket", "answers/batch.json.out"].decode().splitlines()]


def test_an_export_writes_what_was_imported_or_put(lab, group):
    tracking_id = lab.tracker(group)
    event = {"eventType": "watch", "itemId": "i3", "sentAt": 1_650_000_000}
    lab("PutEvents", trackingId=tracking_id, sessionId="s", userId="new", eventList=[event])
    (dataset,) = lab("ListDatasets", datasetGroupArn=group)["datasets"]
    lines = {}
    for mode in ("BULK", "PUT", "ALL"):
        arn = lab(
            "CreateDatasetExportJob",
            jobName=mode,
            datasetArn=dataset["datasetArn"],
            ingestionMode=mode,
            roleArn=ROLE,
            jobOutput={"s3DataDestination": {"path": "s3://bucket/exports"}},
        )["datasetExportJobArn"]
        lab.wait()
        assert lab("DescribeDatasetExportJob", datasetExportJobArn=arn)["datasetExportJob"]["status"] == "ACTIVE"
        lines[mode] = lab.objects["bucket", f"exports/{mode}.csv"].decode().splitlines()
    assert lines["PUT"] == ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE", "new,i3,1650000000,watch"]
    assert sorted(lines["BULK"][1:]) == sorted(",".join(map(str, row)) for row in small_log())
    assert sorted(lines["ALL"][1:]) == sorted([*lines["BULK"][1:], lines["PUT"][1]])


def test_an_export_that_may_not_write_fails_and_says_so(lab, group):
    (dataset,) = lab("ListDatasets", datasetGroupArn=group)["datasets"]
    output = {"s3DataDestination": {"path": "s3://forbidden/exports"}}
    job = run(lab, "DatasetExportJob", datasetArn=dataset["datasetArn"], jobOutput=output)
    assert job["status"] == "CREATE FAILED"
    assert job["failureReason"].startswith(f"{DENIED} s3://forbidden/exports/")


def test_batch_inference_answers_line_by_line_and_names_the_lines_it_cannot_answer(lab, group):
    version = lab.version(lab.solution(group))
    answers = batch(lab, "BatchInferenceJob", version, {"userId": "u1"}, {"itemId": "i1"}, "{oops", numResults=3)
    first, second, third = answers
    assert first["input"] == {"userId": "u1"}
    assert len(first["output"]["recommendedItems"]) == 3
    assert "scores" not in first["output"]  # popularity has none
    assert second["output"] is None
    assert second["error"] == "Required fields for the provided recipe are userId"
    assert third["error"].startswith("not valid JSON")


def test_batch_inference_takes_the_filter(lab, group):
    version = lab.version(lab.solution(group))
    expression = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'
    arn = lab("CreateFilter", name="unseen", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    lab.wait()
    answers = batch(lab, "BatchInferenceJob", version, {"userId": "u1"}, {"userId": "a stranger"}, filterArn=arn)
    assert [len(answer["output"]["recommendedItems"]) for answer in answers] == [0, 12]


def test_batch_inference_ranks_lists(lab, group):
    solution = lab.solution(
        group, "aws-personalized-ranking", solutionConfig={"algorithmHyperParameters": {"hidden_dimension": "32"}}
    )
    (answer,) = batch(
        lab, "BatchInferenceJob", lab.version(solution), {"userId": "u1", "itemList": ["i1", "i2", "unheard of"]}
    )
    assert sorted(answer["output"]["recommendedItems"]) == ["i1", "i2", "unheard of"]
    assert answer["output"]["recommendedItems"][-1] == "unheard of"
    assert sum(answer["output"]["scores"]) == pytest.approx(1)


def test_a_segment_holds_the_users_with_a_taste_for_the_item(lab):
    """Two kinds of users who have nothing in common; one of each has not seen the last item of theirs."""
    rows = [
        (f"{kind}{user}", f"{kind}-item{item}", 1_600_000_000 + 1_000 * user + item, "watch")
        for kind in ("cat", "dog")
        for user in range(40)
        for item in range(20)
        if not (user == 0 and item == 19)
    ]
    version = lab.version(lab.solution(lab.filled_group(rows=rows), "aws-item-affinity"))
    (answer,) = batch(lab, "BatchSegmentJob", version, {"itemId": "cat-item19"}, numResults=100)
    users = answer["output"]["usersList"]
    assert sorted(users) == sorted(f"cat{user}" for user in range(40))
    assert users[-1] == "cat0"
    metrics = lab("GetSolutionMetrics", solutionVersionArn=version)["metrics"]
    assert metrics.keys() == {"hits_at_1_percent", "recall_at_1_percent"}


@pytest.mark.parametrize(
    ("expression", "values", "found"),
    [
        ("INCLUDE UserID WHERE Users.AGE < $MOST", {"MOST": '"25"'}, [f"u{user}" for user in range(5)]),
        ('EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("watch")', {}, []),
    ],
)
def test_segments_take_filters_of_users(lab, group, expression, values, found):
    users = lab.dataset(group, "Users")
    rows = [{"userId": f"u{user}", "properties": json.dumps({"age": 20 + user})} for user in range(10)]
    lab("PutUsers", datasetArn=users, users=rows)
    version = lab.version(lab.solution(group, "aws-item-affinity", "fans"))
    filter_arn = lab("CreateFilter", name="some", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    lab.wait()
    question = {"itemId": "i1", "filterValues": values}
    (answer,) = batch(lab, "BatchSegmentJob", version, question, filterArn=filter_arn)
    assert sorted(answer["output"]["usersList"]) == found


def test_recipes_without_segments_are_refused(lab, group):
    request = {
        "jobName": "x",
        "solutionVersionArn": lab.version(lab.solution(group)),
        "jobInput": {"s3DataSource": {"path": ask(lab, {"itemId": "i1"})}},
        "jobOutput": {"s3DataDestination": {"path": "s3://bucket/answers/"}},
        "roleArn": ROLE,
    }
    code, message = lab.refusal("CreateBatchSegmentJob", **request)
    assert (code, message) == (
        "InvalidInputException",
        "The recipe arn:aws:personalize:::recipe/aws-popularity-count does not support batch segment jobs.",
    )
    request["jobInput"] = {"s3DataSource": {"path": "s3://bucket/nowhere"}}
    assert lab.refusal("CreateBatchInferenceJob", **request) == ("InvalidInputException", "Invalid S3 input path")
    request |= {"jobInput": {"s3DataSource": {"path": ask(lab, {"userId": "u1"})}}, "roleArn": f"{ROLE[:30]}/stranger"}
    code, message = lab.refusal("CreateBatchInferenceJob", **request)
    assert code == "InvalidInputException"
    assert message.startswith(DENIED)


def test_data_deletion_removes_users_and_counts_them(lab, group):
    lab.objects["bucket", "gone/a/users.csv"] = b"USER_ID\nu1\nu2\nnobody\n"
    request = {
        "jobName": "gone",
        "datasetGroupArn": group,
        "dataSource": {"dataLocation": "s3://bucket/gone/"},
        "roleArn": ROLE,
    }
    arn = lab("CreateDataDeletionJob", **request)["dataDeletionJobArn"]
    states = []
    for seconds in (0, 5 * 3600, 10 * 3600):
        lab.wait(seconds)
        states.append(lab("DescribeDataDeletionJob", dataDeletionJobArn=arn)["dataDeletionJob"]["status"])
    assert states == ["PENDING", "IN_PROGRESS", "COMPLETED"]
    assert lab("DescribeDataDeletionJob", dataDeletionJobArn=arn)["dataDeletionJob"]["numDeleted"] == 2
    (dataset,) = lab("ListDatasets", datasetGroupArn=group)["datasets"]
    output = {"s3DataDestination": {"path": "s3://bucket/left"}}
    run(lab, "DatasetExportJob", datasetArn=dataset["datasetArn"], jobOutput=output, ingestionMode="ALL")
    left = lab.objects["bucket", "left/a-DatasetExportJob.csv"].decode().splitlines()[1:]
    assert {line.split(",")[0] for line in left} == {f"u{user}" for user in range(50)} - {"u1", "u2"}


def test_data_deletion_without_the_column_fails(lab, group):
    lab.objects["bucket", "gone/users.csv"] = b"NAME\nu1\n"
    source = {"dataLocation": "s3://bucket/gone/"}
    job = run(lab, "DataDeletionJob", datasetGroupArn=group, dataSource=source)
    assert (job["status"], job["failureReason"]) == (
        "FAILED",
        "Input CSV is missing the following columns:[USER_ID]",
    )


def test_an_import_as_a_role_that_cannot_be_assumed_is_refused(lab, group):
    (dataset,) = lab("ListDatasets", datasetGroupArn=group)["datasets"]
    code, message = lab.refusal(
        "CreateDatasetImportJob",
        jobName="x",
        datasetArn=dataset["datasetArn"],
        dataSource={"dataLocation": lab.upload(small_log(), INTERACTIONS)},
        roleArn=f"{ROLE[:30]}/stranger",
    )
    assert code == "InvalidInputException"
    assert message.startswith(DENIED)


def test_actions_and_what_users_did_with_them_are_kept(lab, group):
    actions = lab.dataset(group, "Actions", {"ACTION_ID": "string", "YEAR": "int"})
    schema = {"USER_ID": "string", "ACTION_ID": "string", "EVENT_TYPE": "string", "TIMESTAMP": "long"}
    arn = lab.schema("ActionInteractions", schema)
    created = lab(
        "CreateDataset", name="taken", schemaArn=arn, datasetGroupArn=group, datasetType="Action_Interactions"
    )
    lab.wait()
    tracking_id = lab("DescribeDataset", **created)["dataset"]["trackingId"]
    lab("PutActions", datasetArn=actions, actions=[{"actionId": "join", "properties": '{"year": 3}'}])
    taken = {"actionId": "join", "userId": "u1", "sessionId": "s", "timestamp": 1_650_000_000, "eventType": "Taken"}
    lab("PutActionInteractions", trackingId=tracking_id, actionInteractions=[taken])
    output = {"s3DataDestination": {"path": "s3://bucket/actions"}}
    for number, dataset in enumerate((actions, created["datasetArn"])):
        lab("CreateDatasetExportJob", jobName=f"e{number}", datasetArn=dataset, roleArn=ROLE, jobOutput=output)
        lab.wait()
    assert lab.objects["bucket", "actions/e0.csv"].decode().splitlines() == ["ACTION_ID,YEAR", "join,3"]
    assert lab.objects["bucket", "actions/e1.csv"].decode().splitlines()[1:] == ["u1,join,Taken,1650000000"]
    refused = lab.refusal("PutActionInteractions", trackingId="unknown", actionInteractions=[taken])
    assert refused == ("ResourceNotFoundException", "Tracking ID unknown does not exist.")
