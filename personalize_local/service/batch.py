"""The work behind batch inference and batch segment jobs: questions in files of JSON Lines, answers beside them.

A question that cannot be answered has its error in its own line; the others are answered all the same.
"""

import io
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from personalize_local.service import imports, runtime
from personalize_local.service.errors import InvalidInput, ServiceError
from personalize_local.service.imports import Files
from personalize_local.service.jobs import Folder
from personalize_local.service.kinds.datasets import fields_of
from personalize_local.service.objects import ObjectStore
from personalize_local.service.quotas import Quotas
from personalize_local.service.recipes import RecipeType
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource
from personalize_local.service.segments import Audience
from personalize_local.service.serving import Serving, desk_of
from personalize_local.service.themes import Themes

REQUIRED: Mapping[RecipeType, tuple[str, ...]] = {
    RecipeType.USER_PERSONALIZATION: ("userId",),
    RecipeType.POPULAR_ITEMS: ("userId",),
    RecipeType.RELATED_ITEMS: ("itemId",),
    RecipeType.PERSONALIZED_RANKING: ("userId", "itemList"),
}

Question = Mapping[str, Any]
Answer = Callable[[Question], dict[str, Any]]


def infer(region: Region, job: Resource) -> str | None:
    """Answer each line with recommendations, or with its items ranked."""
    version = region.find("SolutionVersion", job.members["solutionVersionArn"])
    config = job.members.get("batchInferenceJobConfig", {})
    serving = Serving(version, explores=config.get("itemExplorationConfig"), influence=config.get("rankingInfluence"))
    answer: Answer = partial(_recommend, region, job, serving)
    most_lines = region.quotas.batch_records
    if job.members["batchInferenceJobMode"] == "THEME_GENERATION":
        answer, most_lines = _with_themes(region, job, serving, answer), region.quotas.theme_records
    return _answer_all(region, job, answer, most_lines)


def segment(region: Region, job: Resource) -> str | None:
    """Answer each line with the users of a segment."""
    version = region.find("SolutionVersion", job.members["solutionVersionArn"])
    audience, quotas = Audience(region, job, version), region.quotas
    most = quotas.attribute_affinity_queries if audience.by_attribute else quotas.item_affinity_queries
    return _answer_all(region, job, audience.segment, most)


def _recommend(region: Region, job: Resource, serving: Serving, question: Question) -> dict[str, Any]:
    kind = serving.recipe.type
    lacking = [name for name in REQUIRED[kind] if not question.get(name)]
    if lacking:
        raise InvalidInput(f"Required fields for the provided recipe are {', '.join(REQUIRED[kind])}")
    about = {name: str(question[name]) for name in ("userId", "itemId") if question.get(name)}
    request = about | {name: job.members[name] for name in ("filterArn",) if name in job.members}
    request |= {"filterValues": question["filterValues"]} if "filterValues" in question else {}
    desk = desk_of(region, serving, request)
    if kind == RecipeType.PERSONALIZED_RANKING:
        entries = runtime.ranked(region, desk, request, [str(item) for item in question["itemList"]])
    else:
        entries = runtime.recommended(region, desk, request, job.members["numResults"])
    scores = [entry["score"] for entry in entries if "score" in entry]
    return {"recommendedItems": [entry["itemId"] for entry in entries], **({"scores": scores} if scores else {})}


def _with_themes(region: Region, job: Resource, serving: Serving, answer: Answer) -> Answer:
    """The same answers, each with a theme."""
    name = job.members["themeGenerationConfig"]["fieldsForThemeGeneration"]["itemName"]
    texts = [field.name for field in fields_of(region, serving.group_arn, "ITEMS") if field.textual]
    desk = desk_of(region, serving, {})
    themes = Themes(desk.items, [name, *texts])

    def themed(question: Question) -> dict[str, Any]:
        output = answer(question)
        theme, relevance = themes.of(output["recommendedItems"])
        return output | {"theme": theme, "itemsThemeRelevanceScores": relevance}

    return themed


def _answer_all(region: Region, job: Resource, answer: Answer, most_lines: int) -> str | None:
    objects = region.objects.as_role(job.members["roleArn"])
    output = Folder(objects, job.members["jobOutput"]["s3DataDestination"]["path"])
    sources = imports.files(objects, job.members["jobInput"]["s3DataSource"]["path"])
    if problem := _too_much(objects, sources, most_lines, region.quotas):
        return problem
    for bucket, key in sources:
        with imports.text(objects, bucket, key) as lines:
            answers = [_line(line, answer) for line in lines if line.strip()]
        output.write(f"{key.rpartition('/')[2]}.out", ("\n".join(answers) + "\n").encode())
    return None


def _too_much(objects: ObjectStore, sources: Files, most_lines: int, quotas: Quotas) -> str | None:
    """What the input has more of than a job may have."""
    if len(sources) > quotas.batch_files:
        return f"The input can have at most {quotas.batch_files} files, got {len(sources)}."
    size = 0
    for bucket, key in sources:
        with imports.text(objects, bucket, key) as lines:
            count = sum(1 for line in lines if line.strip())
            size += lines.seek(0, io.SEEK_END)
        if count > most_lines:
            return f"{key}: a file can have at most {most_lines} lines, got {count}."
    return f"The input can have at most {quotas.batch_bytes} bytes, got {size}." if size > quotas.batch_bytes else None


def _line(line: str, answer: Callable[[Question], dict[str, Any]]) -> str:
    """The answer to one line, as a line."""
    question: Any = line.strip()
    output, error = None, None
    try:
        question = json.loads(line)
        if not isinstance(question, dict):
            raise InvalidInput("each line must be a JSON object")
        output = answer(question)
    except json.JSONDecodeError as problem:
        error = f"not valid JSON: {problem}"
    except ServiceError as problem:
        error = problem.message
    return json.dumps({"input": question, "output": output, "error": error}, ensure_ascii=False)
