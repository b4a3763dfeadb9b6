"""Bring the files that wait for a dataset into it.

Which files have been imported needs no record: the name of an import job is made of what its files are. The same files
are the same job, whoever starts it, a run before, a run of another solution or this one once more.
"""

from typing import Any

from personalize_stack.retraining.states import States, call, choose, end, expression, fail, note, wait

_FILES = "$states.result.Contents[$number(Size) > 0]"
_IF_TOO_MANY = "($string($states.result.IsTruncated) = 'true' ? $states.context.Execution.Id : '')"
_MAX_FILES = 500  # as many as the answer of a state has room for; of those beyond, nobody can say whether they are new
_MARK = f"$hash($string([{_FILES}.(Key & ETag)]) & {_IF_TOO_MANY}, 'SHA-256')"


def import_states(bucket: str, role_arn: str, job_arn_prefix: str, mode: str) -> States:
    """Return the states for one dataset.

    The input of the first is {"dataset", "datasetArn", "prefix", "job"}: the folder in the bucket, and what the
    names of jobs begin with. The last ends with {"dataset", "job", "at"}: the import and when it was done; both are
    empty texts if no file waits.

    Args:
        job_arn_prefix: What the ARNs of import jobs begin with.
        mode: "FULL" or "INCREMENTAL".
    """
    described = "$states.result.DatasetImportJob"
    job: dict[str, Any] = {
        "importStatus": expression(f"{described}.Status"),
        "importReason": expression(f"$exists({described}.FailureReason) ? {described}.FailureReason : ''"),
        "importedAt": expression(f"{described}.LastUpdatedDateTime"),
    }
    # A job that failed keeps its name.
    name = "$states.input.job & '-' & $substring({}, 0, 16)"
    first, again = (name.format(text) for text in ("$mark", "$hash($mark & $states.context.Execution.Id, 'SHA-256')"))
    about = {"dataset": expression("$states.input.dataset")}
    return {
        "BeginWithTheDataset": note({"mark": "", "rests": False, "jobArn": "", "jobName": ""}, then="ListNewFiles"),
        "ListNewFiles": call(
            "s3",
            "listObjectsV2",
            {"Bucket": bucket, "Prefix": expression("$states.input.prefix"), "MaxKeys": _MAX_FILES},
            assign={
                "rests": expression(f"$mark = {_MARK}"),
                "mark": expression(_MARK),
                "hasFiles": expression(f"$count({_FILES}) > 0"),
            },
            then="AreThereNewFiles",
        ),
        "AreThereNewFiles": choose(
            ("$not($hasFiles)", "NothingToImport"),
            ("$onlyNew and $not($rests)", "WaitUntilNoMoreFilesCome"),
            otherwise="NameTheImport",
        ),
        "WaitUntilNoMoreFilesCome": wait(then="ListNewFiles"),
        "NameTheImport": note(
            {"jobName": expression(first), "jobArn": expression(f"'{job_arn_prefix}' & {first}")},
            then="LookForTheImport",
        ),
        "LookForTheImport": call(
            "personalize",
            "describeDatasetImportJob",
            {"DatasetImportJobArn": expression("$jobArn")},
            assign=job,
            otherwise={"Personalize.ResourceNotFoundException": "StartTheImport"},
            then="WasItStartedBefore",
        ),
        "WasItStartedBefore": choose(
            ("$contains($importStatus, 'FAILED')", "NameAnotherImport"), otherwise="HasTheImportEnded"
        ),
        "NameAnotherImport": note(
            {"jobName": expression(again), "jobArn": expression(f"'{job_arn_prefix}' & {again}")},
            then="StartTheImport",
        ),
        "StartTheImport": call(
            "personalize",
            "createDatasetImportJob",
            {
                "JobName": expression("$jobName"),
                "DatasetArn": expression("$states.input.datasetArn"),
                "DataSource": {"DataLocation": expression(f"'s3://{bucket}/' & $states.input.prefix")},
                "RoleArn": role_arn,
                "ImportMode": mode,
            },
            # Somebody else began with the same files, or the answer to an earlier attempt was lost.
            otherwise={"Personalize.ResourceAlreadyExistsException": "LookAtTheImport"},
            then="WaitForTheImport",
        ),
        "WaitForTheImport": wait(then="LookAtTheImport"),
        "LookAtTheImport": call(
            "personalize",
            "describeDatasetImportJob",
            {"DatasetImportJobArn": expression("$jobArn")},
            assign=job,
            then="HasTheImportEnded",
        ),
        "HasTheImportEnded": choose(
            ("$importStatus = 'ACTIVE'", "Imported"),
            ("$contains($importStatus, 'FAILED')", "ImportFailed"),
            otherwise="WaitForTheImport",
        ),
        "Imported": end({**about, "job": expression("$jobArn"), "at": expression("$importedAt")}),
        "ImportFailed": fail("ImportFailed", "$jobArn & ': ' & $importReason"),
        "NothingToImport": end({**about, "job": "", "at": ""}),
    }
