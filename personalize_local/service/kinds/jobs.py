"""Jobs that write to S3 or delete users: exports, batch inference, batch segments, data deletion."""

from personalize_local.service import batch, exploration, exports, jobs, user_deletion
from personalize_local.service.errors import InvalidInput
from personalize_local.service.kinds.datasets import fields_of
from personalize_local.service.kinds.kind import Kind, Need, Quota, Request
from personalize_local.service.recipes import BY_ARN, Recipe, RecipeType
from personalize_local.service.region import Region
from personalize_local.service.resource import Members

USUAL_RESULTS = 25
MOST_RESULTS = 500  # of a line of a batch inference job
BAD_INPUT = "Invalid S3 input path"


def admit_export(region: Region, request: Request) -> Members:
    """Refuse an output that is no folder of S3."""
    _check_output(region, request)
    dataset = region.find("Dataset", request["datasetArn"])
    return {
        "ingestionMode": request.get("ingestionMode", "PUT"),
        "datasetGroupArn": dataset.members["datasetGroupArn"],
    }


def admit_inference(region: Region, request: Request) -> Members:
    """Refuse what the version's recipe cannot answer."""
    mode = request.get("batchInferenceJobMode", "BATCH_INFERENCE")
    if ("themeGenerationConfig" in request) != (mode == "THEME_GENERATION"):
        raise InvalidInput("themeGenerationConfig goes with batchInferenceJobMode THEME_GENERATION.")
    members = _admit_batch(region, request, "BatchInferenceJob")
    recipe = BY_ARN[members.pop("recipeArn")]
    if mode == "THEME_GENERATION":
        _check_themes(region, members["datasetGroupArn"], recipe, request["themeGenerationConfig"])
    if recipe.type in {RecipeType.USER_SEGMENTATION, RecipeType.PERSONALIZED_ACTIONS}:
        raise InvalidInput(f"The recipe {recipe.arn} does not support batch inference.")
    config = request.get("batchInferenceJobConfig", {})
    if "itemExplorationConfig" in config and not recipe.explores:
        raise InvalidInput(f"itemExplorationConfig is not supported by the recipe {recipe.arn}.")
    if "rankingInfluence" in config and not recipe.reads_texts:
        raise InvalidInput(f"rankingInfluence is not supported by the recipe {recipe.arn}.")
    if recipe.explores:
        config = config | {"itemExplorationConfig": exploration.settings(config.get("itemExplorationConfig", {}))}
    return members | {"batchInferenceJobMode": mode, **({"batchInferenceJobConfig": config} if config else {})}


def admit_segment(region: Region, request: Request) -> Members:
    """Refuse a version whose recipe makes no segments."""
    members = _admit_batch(region, request, "BatchSegmentJob")
    recipe = BY_ARN[members.pop("recipeArn")]
    if recipe.type != RecipeType.USER_SEGMENTATION:
        raise InvalidInput(f"The recipe {recipe.arn} does not support batch segment jobs.")
    return members


def admit_deletion(region: Region, request: Request) -> Members:
    """Refuse a place without files."""
    location = request["dataSource"].get("dataLocation")
    if not location:
        raise InvalidInput("dataSource.dataLocation is required.")
    user_deletion.sources(region.objects, request["roleArn"], location)
    return {"numDeleted": 0}


def _check_themes(region: Region, group_arn: str, recipe: Recipe, config: Members) -> None:
    if recipe.name != "aws-similar-items":
        raise InvalidInput(f"Theme generation is not supported by the recipe {recipe.arn}.")
    fields, name = fields_of(region, group_arn, "ITEMS"), config["fieldsForThemeGeneration"]["itemName"]
    if not any(field.name == name for field in fields) or not any(field.textual for field in fields):
        raise InvalidInput(f"Theme generation needs an Items dataset with the column {name} and a textual column.")


def _admit_batch(region: Region, request: Request, kind: str) -> Members:
    version = region.find("SolutionVersion", request["solutionVersionArn"])
    group = version.members["datasetGroupArn"]
    size = request.get("numResults", USUAL_RESULTS)
    most = region.quotas.segment_users if kind == "BatchSegmentJob" else MOST_RESULTS
    if not 0 < size <= most:
        raise InvalidInput(f"numResults must be from 1 to {most}, got {size}.")
    if (
        "filterArn" in request
        and region.find_active("Filter", request["filterArn"]).members["datasetGroupArn"] != group
    ):
        raise InvalidInput(f"Filter {request['filterArn']} belongs to another dataset group.")
    source = request["jobInput"]["s3DataSource"]["path"]
    jobs.sources(region, request["roleArn"], source, missing=BAD_INPUT)
    _check_output(region, request)
    if source.rstrip("/") == request["jobOutput"]["s3DataDestination"]["path"].rstrip("/"):
        raise InvalidInput("The output of a batch job must be in another folder than its input.")
    recipe = version.members["recipeArn"]
    return {"numResults": size, "datasetGroupArn": group, "recipeArn": recipe}


def _check_output(region: Region, request: Request) -> None:
    jobs.Folder(region.objects, request["jobOutput"]["s3DataDestination"]["path"])


DATASET_EXPORT_JOB = Kind(
    "DatasetExportJob",
    admit=admit_export,
    begin=jobs.in_background(exports.run, missing="Invalid S3 output path"),
    needs=(Need("datasetArn", "Dataset"),),
    quota=Quota("export_jobs", unfinished=True),
)
BATCH_INFERENCE_JOB = Kind(
    "BatchInferenceJob",
    admit=admit_inference,
    begin=jobs.in_background(batch.infer, missing=BAD_INPUT),
    needs=(Need("solutionVersionArn", "SolutionVersion"),),
    quota=Quota("batch_inference_jobs", unfinished=True),
)
BATCH_SEGMENT_JOB = Kind(
    "BatchSegmentJob",
    admit=admit_segment,
    begin=jobs.in_background(batch.segment, missing=BAD_INPUT),
    needs=(Need("solutionVersionArn", "SolutionVersion"),),
    quota=Quota("batch_segment_jobs", unfinished=True),
)
DATA_DELETION_JOB = Kind(
    "DataDeletionJob",
    admit=admit_deletion,
    begin=jobs.in_background(user_deletion.run),
    needs=(Need("datasetGroupArn", "DatasetGroup"),),
    quota=Quota("deletion_jobs", per="datasetGroupArn", unfinished=True),
    states={
        "CREATE PENDING": "PENDING",
        "CREATE IN_PROGRESS": "IN_PROGRESS",
        "ACTIVE": "COMPLETED",
        "CREATE FAILED": "FAILED",
    },
)
