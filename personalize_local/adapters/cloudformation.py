"""Brings ministack's CloudFormation closer to the real one where custom resources depend on it.

* A response over 4,096 bytes fails the resource.
* A custom resource whose Create failed is sent a Delete, which is its chance to clean up.
* A function that was given a log group makes none of that name once the stack has deleted it.
* A bucket has the encryption that the template gives it, so that whoever reads it must be allowed to use the key.
* An operation that the end of the server cut short is over at the next start, in a state from which the CDK command
  line goes on by itself.
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from ministack.core.responses import now_iso
from ministack.services import cloudformation, cloudwatch_logs, lambda_svc, s3
from ministack.services.cloudformation import custom_resource, provisioners

MAX_RESPONSE_BYTES = 4096

# After a failed creation the command line deletes and creates anew; after an update that was rolled back it updates.
AFTER_INTERRUPTION: Mapping[str, str] = {
    "CREATE_IN_PROGRESS": "ROLLBACK_FAILED",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
    "UPDATE_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "DELETE_IN_PROGRESS": "DELETE_FAILED",
}
INTERRUPTED = "the local cloud ended during the operation"

logger = logging.getLogger(__name__)


def install() -> None:
    """Replace the five functions of ministack that differ; it looks them up in their modules at each use."""
    responses: dict[tuple[str, str], Mapping[str, Any]] = {}
    custom_resource.deliver_response = _limiting(custom_resource.deliver_response, responses)
    custom_resource.invoke_custom_resource = _cleaning_up(custom_resource.invoke_custom_resource, responses)
    provisioners._s3_apply_configurations = _encrypting(provisioners._s3_apply_configurations)
    lambda_svc._emit_lambda_logs = _into_what_is_there(lambda_svc._emit_lambda_logs)
    cloudformation.load_persisted_state = _ending_interrupted_operations(cloudformation.load_persisted_state)


def _limiting(deliver: Callable[..., bool], responses: dict[tuple[str, str], Mapping[str, Any]]) -> Callable[..., bool]:
    """Turn a response that is too long into a failure, and remember each, by stack and resource."""

    def limited(token: str, response: Mapping[str, Any]) -> bool:
        if len(json.dumps(response).encode()) > MAX_RESPONSE_BYTES:
            response = {**response, "Status": "FAILED", "Reason": "Response object is too long.", "Data": {}}
        responses[response.get("StackId", ""), response.get("LogicalResourceId", "")] = response
        return deliver(token, response)

    return limited


def _cleaning_up(invoke: Callable[..., Any], responses: dict[tuple[str, str], Mapping[str, Any]]) -> Callable[..., Any]:
    """Follow a failed Create by a Delete, with the physical ID that the failure named."""

    def invoked(request_type: str, logical_id: str, *about: Any, **more: Any) -> Any:
        stack_id = about[2]  # the others: properties, the stack's name and the resource's type
        responses.pop((stack_id, logical_id), None)
        try:
            return invoke(request_type, logical_id, *about, **more)
        except (RuntimeError, TimeoutError):
            physical_id = responses.get((stack_id, logical_id), {}).get("PhysicalResourceId")
            if request_type == "Create" and physical_id:
                try:
                    invoke("Delete", logical_id, *about, physical_id=physical_id)
                except (RuntimeError, TimeoutError) as error:
                    logger.warning("the Delete after the failed Create of %s failed too: %s", logical_id, error)
            raise

    return invoked


def _encrypting(apply: Callable[..., None]) -> Callable[..., None]:
    """Give a bucket the encryption of its template, as PutBucketEncryption does.

    Not with AWS's own key for S3, which everybody of the account may use: ministack refuses objects under it.
    """

    def applied(name: str, properties: Mapping[str, Any], *more: Any) -> None:
        apply(name, properties, *more)
        configuration = Element("ServerSideEncryptionConfiguration", xmlns=s3.S3_NS)
        for rule in properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", ()):
            given = rule["ServerSideEncryptionByDefault"]
            if "KMSMasterKeyID" in given:
                default = SubElement(SubElement(configuration, "Rule"), "ApplyServerSideEncryptionByDefault")
                for member, value in given.items():
                    SubElement(default, member).text = value
        if len(configuration):
            s3._put_bucket_encryption(name, tostring(configuration))

    return applied


def _into_what_is_there(emit: Callable[..., None]) -> Callable[..., None]:
    """Make no log group of a name that the function was given: the stack makes it, and deletes it."""

    def emitted(function: Mapping[str, Any], *about: Any, **more: Any) -> None:
        configuration = function.get("config") or function
        given = (configuration.get("LoggingConfig") or {}).get("LogGroup")
        if not given or given in cloudwatch_logs._log_groups:
            emit(function, *about, **more)

    return emitted


def _ending_interrupted_operations(load: Callable[[Any], None]) -> Callable[[Any], None]:
    """Whatever was under way when the server ended is not under way any more."""

    def loaded(state: Any) -> None:
        load(state)
        for stack in cloudformation._stacks.all_values():
            after = AFTER_INTERRUPTION.get(stack["StackStatus"])
            if after:
                stack |= {"StackStatus": after, "StackStatusReason": INTERRUPTED, "LastUpdatedTime": now_iso()}
                # The template of the last operation that went through: what the next one is compared with.
                stack["_template_body"] = json.dumps(stack["_template"])

    return loaded
