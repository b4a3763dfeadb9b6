"""Lists of similar items with a theme."""

import json

import pytest

from .conftest import ROLE, START
from .test_semantic_similarity import items_of


@pytest.fixture
def version(lab):
    """A version whose items i0, i1, new-mars are of astronauts on Mars, the others of love in Paris."""
    kinds = (["i0", "i1", "new-mars"], ["i2", "new-love"])
    rows = [
        (f"u{user}", item, START + 100 * user + place, "watch")
        for user in range(500)
        for place, item in enumerate(kinds[user % 2])
    ]
    group = lab.filled_group(rows=rows)
    items_of(lab, group)
    return lab.version(lab.solution(group, "aws-similar-items", "similar"))


def request(lab, version, **more):
    lab.objects["bucket", "questions.json"] = b'{"itemId": "i0"}'
    return {
        "jobName": "themes",
        "solutionVersionArn": version,
        "numResults": 2,
        "roleArn": ROLE,
        "jobInput": {"s3DataSource": {"path": "s3://bucket/questions.json"}},
        "jobOutput": {"s3DataDestination": {"path": "s3://bucket/answers/"}},
        "batchInferenceJobMode": "THEME_GENERATION",
        **more,
    }


def test_a_theme_is_what_the_items_have_in_common(lab, version):
    config = {"fieldsForThemeGeneration": {"itemName": "NAME"}}
    job = lab("CreateBatchInferenceJob", **request(lab, version, themeGenerationConfig=config))
    lab.wait()
    assert lab("DescribeBatchInferenceJob", **job)["batchInferenceJob"]["status"] == "ACTIVE"
    answer = json.loads(lab.objects["bucket", "answers/questions.json.out"])["output"]
    assert sorted(answer["recommendedItems"]) == ["i1", "new-mars"]
    assert {"mars", "astronauts"} <= set(answer["theme"].lower().split(", "))
    assert len(answer["itemsThemeRelevanceScores"]) == 2
    assert all(0.5 < score <= 1 for score in answer["itemsThemeRelevanceScores"])


def test_themes_need_their_settings_and_columns(lab, version):
    assert lab.refusal("CreateBatchInferenceJob", **request(lab, version)) == (
        "InvalidInputException",
        "themeGenerationConfig goes with batchInferenceJobMode THEME_GENERATION.",
    )
    config = {"fieldsForThemeGeneration": {"itemName": "TITLE"}}
    assert lab.refusal("CreateBatchInferenceJob", **request(lab, version, themeGenerationConfig=config)) == (
        "InvalidInputException",
        "Theme generation needs an Items dataset with the column TITLE and a textual column.",
    )
