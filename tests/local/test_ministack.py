"""Each hook of the adapter, seen from outside: when a new ministack moves one, a test here tells which."""

import json
from http.client import HTTPConnection

import pytest
from botocore.exceptions import ClientError

SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": name, "type": kind}
        for name, kind in (("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long"))
    ],
    "version": "1.0",
}


def test_the_control_plane_answers_in_its_protocol(aws):
    personalize = aws("personalize")
    arn = personalize.create_dataset_group(name="routed")["datasetGroupArn"]
    group = personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
    assert arn == "arn:aws:personalize:us-east-1:123456789012:dataset-group/routed"
    assert group["creationDateTime"].tzinfo
    with pytest.raises(personalize.exceptions.ResourceAlreadyExistsException, match="already exists"):
        personalize.create_dataset_group(name="routed")


def test_the_runtime_and_the_events_answer_in_theirs(aws):
    runtime, events = aws("personalize-runtime"), aws("personalize-events")
    campaign = "arn:aws:personalize:us-east-1:123456789012:campaign/none"
    with pytest.raises(runtime.exceptions.ResourceNotFoundException, match="does not exist"):
        runtime.get_recommendations(campaignArn=campaign, userId="1")
    with pytest.raises(runtime.exceptions.ResourceNotFoundException, match="does not exist"):
        runtime.get_personalized_ranking(campaignArn=campaign, userId="1", inputList=["2"])
    with pytest.raises(ClientError, match="PutEvents"):
        events.put_events(trackingId="none", sessionId="1", eventList=[{"eventType": "watch", "sentAt": 1}])


def test_accounts_and_regions_do_not_see_each_other(aws):
    aws("personalize").create_schema(name="apart", schema=json.dumps(SCHEMA))
    for elsewhere in (aws("personalize", key="210987654321"), aws("personalize", region="eu-west-1")):
        assert elsewhere.list_schemas()["schemas"] == []


def test_an_import_reads_from_the_s3_of_the_same_server(aws, until, service_role):
    s3, personalize = aws("s3"), aws("personalize")
    rows = "".join(f"u{n % 30},i{n % 7},{1_600_000_000 + n}\n" for n in range(1000))
    s3.create_bucket(Bucket="import-source")
    s3.put_object(Bucket="import-source", Key="log.csv", Body=f"USER_ID,ITEM_ID,TIMESTAMP\n{rows}".encode())
    group = personalize.create_dataset_group(name="imported")["datasetGroupArn"]
    until(lambda: personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"]["status"] == "ACTIVE")
    schema = personalize.create_schema(name="imported", schema=json.dumps(SCHEMA))["schemaArn"]
    dataset = personalize.create_dataset(
        name="imported", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"
    )["datasetArn"]
    until(lambda: personalize.describe_dataset(datasetArn=dataset)["dataset"]["status"] == "ACTIVE")

    def imported(key):
        return personalize.create_dataset_import_job(
            jobName="imported",
            datasetArn=dataset,
            dataSource={"dataLocation": f"s3://import-source/{key}"},
            roleArn=service_role("import-reader", ("s3:*", "*")),
        )["datasetImportJobArn"]

    with pytest.raises(personalize.exceptions.InvalidInputException, match="Invalid Data location"):
        imported("missing.csv")
    job = imported("log.csv")
    done = until(
        lambda: personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"],
        lambda job: job["status"] in ("ACTIVE", "CREATE FAILED"),
    )
    assert done["status"] == "ACTIVE", done


def test_state_machines_call_the_service(aws):
    create = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:personalize:createDatasetGroup",
        "Parameters": {"Name": "orchestrated"},
    }
    taken = {"ErrorEquals": ["Personalize.ResourceAlreadyExistsException"], "Next": "Taken"}
    states = {
        "Create": create | {"ResultPath": "$.created", "Next": "CreateAgain"},
        "CreateAgain": create | {"Catch": [taken], "Next": "Twice"},
        "Taken": {"Type": "Succeed"},
        "Twice": {"Type": "Fail"},
    }
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "personalize:*", "Resource": "*"}}
    role = aws("iam").create_role(RoleName="machine", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    aws("iam").put_role_policy(RoleName="machine", PolicyName="all", PolicyDocument=json.dumps(policy))
    stepfunctions = aws("stepfunctions")
    machine = stepfunctions.create_state_machine(
        name="orchestrated",
        type="EXPRESS",
        definition=json.dumps({"StartAt": "Create", "States": states}),
        roleArn=role,
    )["stateMachineArn"]
    execution = stepfunctions.start_sync_execution(stateMachineArn=machine, input="{}")
    assert execution["status"] == "SUCCEEDED", execution


def test_a_reset_forgets_the_service_too(aws, cloud):
    aws("personalize").create_schema(name="forgotten", schema=json.dumps(SCHEMA))
    connection = HTTPConnection(cloud.status().url.removeprefix("http://"))
    connection.request("POST", "/_ministack/reset")
    assert connection.getresponse().status == 200
    connection.close()
    assert aws("personalize").list_schemas()["schemas"] == []
