"""Campaigns."""

import pytest


@pytest.fixture
def version(lab):
    return lab.version(lab.solution(lab.filled_group()))


def described(lab, campaign):
    return lab("DescribeCampaign", campaignArn=campaign)["campaign"]


def test_a_campaign_has_the_services_defaults(lab, version):
    created = lab.clock.now()
    campaign = lab.campaign(version)
    assert described(lab, campaign) == {
        "name": "popular",
        "campaignArn": lab.arn("campaign/popular"),
        "solutionVersionArn": version,
        "minProvisionedTPS": 1,
        "campaignConfig": {"enableMetadataWithRecommendations": False, "syncWithLatestSolutionVersion": False},
        "status": "ACTIVE",
        "creationDateTime": created,
        "lastUpdatedDateTime": created + 15 * 60,
    }


def test_a_campaign_is_listed_by_the_solution_of_its_version(lab, version):
    campaign = lab.campaign(version)
    other = lab.solution(lab.arn("dataset-group/films"), name="other")
    (listed,) = lab("ListCampaigns", solutionArn=lab.arn("solution/popular"))["campaigns"]
    assert listed["campaignArn"] == campaign
    assert lab("ListCampaigns", solutionArn=other) == {"campaigns": []}


def test_a_solution_is_not_a_version(lab, version):
    solution = version.rpartition("/")[0]
    assert lab.refusal("CreateCampaign", name="popular", solutionVersionArn=solution) == (
        "ResourceNotFoundException",
        f"Resource Arn {solution} does not exist.",
    )


def test_a_version_in_training_cannot_serve(lab, version):
    young = lab("CreateSolutionVersion", solutionArn=version.rpartition("/")[0])["solutionVersionArn"]
    assert lab.refusal("CreateCampaign", name="popular", solutionVersionArn=young) == (
        "ResourceInUseException",
        f"Resource Arn {young} is in state CREATE PENDING; it must be ACTIVE.",
    )


def test_an_update_counts_once_it_is_active(lab, version):
    campaign = lab.campaign(version)
    newer = lab.version(version.rpartition("/")[0])
    asked = lab.clock.now()
    lab("UpdateCampaign", campaignArn=campaign, solutionVersionArn=newer, minProvisionedTPS=3)
    shown = described(lab, campaign)
    assert (shown["status"], shown["solutionVersionArn"], shown["minProvisionedTPS"]) == ("ACTIVE", version, 1)
    assert shown["latestCampaignUpdate"] == {
        "solutionVersionArn": newer,
        "minProvisionedTPS": 3,
        "campaignConfig": {"enableMetadataWithRecommendations": False, "syncWithLatestSolutionVersion": False},
        "status": "CREATE PENDING",
        "creationDateTime": asked,
        "lastUpdatedDateTime": asked,
    }
    for operation in ("UpdateCampaign", "DeleteCampaign"):
        assert lab.refusal(operation, campaignArn=campaign)[0] == "ResourceInUseException"
    lab.wait()
    shown = described(lab, campaign)
    assert (shown["solutionVersionArn"], shown["minProvisionedTPS"]) == (newer, 3)
    assert shown["latestCampaignUpdate"]["status"] == "ACTIVE"


def test_a_campaign_can_move_to_another_solution_of_its_group_only(lab, version):
    campaign = lab.campaign(version)
    other = lab.version(lab.solution(lab.arn("dataset-group/films"), name="other"))
    lab("UpdateCampaign", campaignArn=campaign, solutionVersionArn=other)
    lab.wait()
    (listed,) = lab("ListCampaigns", solutionArn=lab.arn("solution/other"))["campaigns"]
    assert listed["campaignArn"] == campaign
    foreign = lab.version(lab.solution(lab.filled_group("books"), name="foreign"))
    assert lab.refusal("UpdateCampaign", campaignArn=campaign, solutionVersionArn=foreign) == (
        "InvalidInputException",
        f"Solution version {foreign} belongs to another dataset group.",
    )


def test_a_campaign_can_follow_the_latest_version(lab, version):
    solution = version.rpartition("/")[0]
    campaign = lab.campaign(f"{solution}/$LATEST", campaignConfig={"syncWithLatestSolutionVersion": True})
    assert lab.recommended(campaign, numResults=1) != []
    assert lab.refusal("CreateCampaign", name="other", solutionVersionArn=f"{solution}/$LATEST") == (
        "InvalidInputException",
        "syncWithLatestSolutionVersion goes with a solutionVersionArn that ends with /$LATEST.",
    )


def test_there_must_be_a_latest_version_to_follow(lab):
    solution = lab.solution(lab.filled_group())
    config = {"syncWithLatestSolutionVersion": True}
    request = {"name": "popular", "solutionVersionArn": f"{solution}/$LATEST", "campaignConfig": config}
    assert lab.refusal("CreateCampaign", **request) == (
        "ResourceNotFoundException",
        f"Solution {solution} has no ACTIVE solution version.",
    )


def test_settings_that_the_recipe_does_not_have_are_refused(lab, version):
    recipe = "arn:aws:personalize:::recipe/aws-popularity-count"
    for config in ({"itemExplorationConfig": {"explorationWeight": "0.5"}}, {"rankingInfluence": {"POPULARITY": 0.5}}):
        request = {"name": "popular", "solutionVersionArn": version, "campaignConfig": config}
        assert lab.refusal("CreateCampaign", **request) == (
            "InvalidInputException",
            f"{next(iter(config))} is not supported by the recipe {recipe}.",
        )


def test_a_campaign_holds_the_solution_of_its_version(lab, version):
    campaign = lab.campaign(version)
    solution = version.rpartition("/")[0]
    assert lab.refusal("DeleteSolution", solutionArn=solution) == (
        "ResourceInUseException",
        f"Resource Arn {solution} cannot be deleted: {campaign} needs it.",
    )


def test_five_campaigns_of_a_group_are_enough(lab, version):
    for number in range(5):
        lab.campaign(version, f"popular{number}")
    assert lab.refusal("CreateCampaign", name="more", solutionVersionArn=version) == (
        "LimitExceededException",
        "Cannot create a campaign. More than 5 resources in ACTIVE state. Please delete some and try again.",
    )
