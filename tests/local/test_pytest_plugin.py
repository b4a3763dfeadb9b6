"""The fixtures for tests of programs that use AWS."""

import json
import os
import subprocess
import sys

import boto3

pytest_plugins = ["personalize_local.pytest_plugin"]


def test_settings_lead_to_a_cloud_of_its_own(local_cloud, cloud):
    personalize = boto3.client("personalize", **local_cloud.settings)
    assert personalize.list_dataset_groups()["datasetGroups"] == []
    assert local_cloud.url != cloud.status().url


def test_plain_clients_reach_it_while_the_environment_is_set(in_local_cloud):
    boto3.client("s3").create_bucket(Bucket="plain")
    buckets = boto3.client("s3", **in_local_cloud.settings).list_buckets()["Buckets"]
    assert "plain" in [bucket["Name"] for bucket in buckets]


def test_other_processes_reach_it_with_its_environment(local_cloud):
    program = "import boto3, json; print(json.dumps(boto3.client('sts').get_caller_identity()['Account']))"
    env = {**os.environ, **local_cloud.environment}
    told = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True).stdout
    assert json.loads(told) == "123456789012"
