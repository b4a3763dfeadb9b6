"""The work behind batch inference and batch segment jobs: questions in files of JSON Lines, answers beside them.

A question that cannot be answered has its error in its own line; the others are answered all the same.
"""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from personalize_local.engine.preference import Preference
from personalize_local.service import imports, runtime
from personalize_local.service.errors import InvalidInput, ServiceError
from personalize_local.service.imports import Files
from personalize_local.service.jobs import Folder
from personalize_local.service.kinds.datasets import fields_of
from personalize_local.service.kinds.kind import Request
from personalize_local.service.objects import ObjectStore
from personalize_local.service.quotas import Quotas
from personalize_local.service.recipes import RecipeType
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource
from personalize_local.service.segments import Audience
from personalize_local.service.serving import Desk, Serving, desk_of
from personalize_local.service.themes import Themes

REQUIRED: Mapping[RecipeType, tuple[str, ...]] = {
    RecipeType.USER_PERSONALIZATION: ("userId",),
    RecipeType.POPULAR_ITEMS: ("userId",),
    RecipeType.RELATED_ITEMS: ("itemId",),
    RecipeType.PERSONALIZED_RANKING: ("userId", "itemList"),
}

Given = TypeVar("Given")
Result = TypeVar("Result")

AT_ONCE = 256  # lines: what a network reads for many users takes less time than for one after the other

Question = Mapping[str, Any]
Asked = tuple[Desk, Request]
Output = dict[str, Any]
Answer = Callable[[Sequence[Question]], Iterable[Output | ServiceError]]


class BadLine(NamedTuple):
    """A line that asks nothing, and why."""

    text: Any
    problem: str


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
    return _answer_all(region, job, lambda questions: [_or_error(audience.segment, one) for one in questions], most)


def _recommend(
    region: Region, job: Resource, serving: Serving, questions: Sequence[Question]
) -> list[Output | ServiceError]:
    """The answers to some lines, whose users' preferences are found together."""
    asked = [_or_error(lambda one: _asked(region, job, serving, one), question) for question in questions]
    liked = iter(runtime.preferences(region, [one for one in asked if not isinstance(one, ServiceError)]))
    return [
        one if isinstance(one, ServiceError) else _or_error(partial(_output, region, job, one, question), next(liked))
        for question, one in zip(questions, asked, strict=True)
    ]


def _asked(region: Region, job: Resource, serving: Serving, question: Question) -> Asked:
    """What a line asks, as a request and what answers it."""
    kind = serving.recipe.type
    lacking = [name for name in REQUIRED[kind] if not question.get(name)]
    if lacking:
        raise InvalidInput(f"Required fields for the provided recipe are {', '.join(REQUIRED[kind])}")
    about = {name: str(question[name]) for name in ("userId", "itemId") if question.get(name)}
    request = about | {name: job.members[name] for name in ("filterArn",) if name in job.members}
    request |= {"filterValues": question["filterValues"]} if "filterValues" in question else {}
    return desk_of(region, serving, request), request


def _output(region: Region, job: Resource, asked: Asked, question: Question, liked: Preference) -> Output:
    desk, request = asked
    if desk.recipe.type == RecipeType.PERSONALIZED_RANKING:
        entries = runtime.ranked(region, desk, request, [str(item) for item in question["itemList"]], liked)
    else:
        entries = runtime.recommended(region, desk, request, job.members["numResults"], liked)
    scores = [entry["score"] for entry in entries if "score" in entry]
    return {"recommendedItems": [entry["itemId"] for entry in entries], **({"scores": scores} if scores else {})}


def _with_themes(region: Region, job: Resource, serving: Serving, answer: Answer) -> Answer:
    """The same answers, each with a theme."""
    name = job.members["themeGenerationConfig"]["fieldsForThemeGeneration"]["itemName"]
    texts = [field.name for field in fields_of(region, serving.group_arn, "ITEMS") if field.textual]
    desk = desk_of(region, serving, {})
    themes = Themes(desk.items, [name, *texts])

    def themed(output: Output) -> Output:
        theme, relevance = themes.of(output["recommendedItems"])
        return output | {"theme": theme, "itemsThemeRelevanceScores": relevance}

    return lambda questions: (
        output if isinstance(output, ServiceError) else themed(output) for output in answer(questions)
    )


def _answer_all(region: Region, job: Resource, answer: Answer, most_lines: int) -> str | None:
    objects = region.objects.as_role(job.members["roleArn"])
    output = Folder(objects, job.members["jobOutput"]["s3DataDestination"]["path"])
    sources = imports.files(objects, job.members["jobInput"]["s3DataSource"]["path"])
    if problem := _too_much(objects, sources, most_lines, region.quotas):
        return problem
    for bucket, key in sources:
        with imports.text(objects, bucket, key) as lines:
            questions = [_question(line) for line in lines if line.strip()]
        some = (questions[first : first + AT_ONCE] for first in range(0, len(questions), AT_ONCE))
        answers = [line for asked in some for line in _lines(asked, answer)]
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


def _question(line: str) -> Question | BadLine:
    """What a line asks."""
    try:
        question = json.loads(line)
    except json.JSONDecodeError as problem:
        return BadLine(line.strip(), f"not valid JSON: {problem}")
    return question if isinstance(question, dict) else BadLine(question, "each line must be a JSON object")


def _lines(asked: Sequence[Question | BadLine], answer: Answer) -> Iterator[str]:
    """The answers to some lines, as lines."""
    answers = iter(answer([question for question in asked if not isinstance(question, BadLine)]))
    for question in asked:
        if isinstance(question, BadLine):
            line: Output = {"input": question.text, "output": None, "error": question.problem}
        elif isinstance(found := next(answers), ServiceError):
            line = {"input": question, "output": None, "error": found.message}
        else:
            line = {"input": question, "output": found, "error": None}
        yield json.dumps(line, ensure_ascii=False)


def _or_error(function: Callable[[Given], Result], given: Given) -> Result | ServiceError:
    """What a function answers, or the service's error."""
    try:
        return function(given)
    except ServiceError as error:
        return error
