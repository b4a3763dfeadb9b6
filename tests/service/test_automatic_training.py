"""Solutions that train by themselves."""

from .conftest import small_log

HOUR, DAY = 60 * 60, 24 * 60 * 60


def versions(lab, solution):
    """Training type and status of all versions of the solution."""
    shown = lab("ListSolutionVersions", solutionArn=solution)["solutionVersions"]
    return [(version["trainingType"], version["status"]) for version in shown]


def bring_news(lab, name):
    """Import one more interaction."""
    rows = [*small_log(), ("u1", "i1", 1_699_000_000 + len(name), "watch")]
    (dataset,) = lab("ListDatasets")["datasets"]
    assert lab.import_file(dataset["datasetArn"], lab.upload(rows, key=name), name)["status"] == "ACTIVE"


def test_the_first_version_comes_an_hour_after_the_solution(lab):
    solution = lab.solution(lab.filled_group())
    assert versions(lab, solution) == []
    lab.wait(60)
    assert versions(lab, solution) == [("AUTOMATIC", "CREATE PENDING")]
    lab.wait()
    assert versions(lab, solution) == [("AUTOMATIC", "ACTIVE")]


def test_a_version_made_by_hand_stands_for_the_first(lab):
    solution = lab.solution(lab.filled_group())
    lab.version(solution)
    lab.wait(2 * HOUR)
    assert versions(lab, solution) == [("MANUAL", "ACTIVE")]


def test_the_next_comes_when_its_days_are_over_and_there_are_new_interactions(lab):
    every_day = {"autoTrainingConfig": {"schedulingExpression": "rate(2 days)"}}
    solution = lab.solution(lab.filled_group(), solutionConfig=every_day)
    lab.version(solution)
    lab.wait(3 * DAY)
    assert len(versions(lab, solution)) == 1
    bring_news(lab, "more")
    assert [kind for kind, _ in versions(lab, solution)] == ["MANUAL", "AUTOMATIC"]
    bring_news(lab, "most")
    assert len(versions(lab, solution)) == 2
    lab.wait(2 * DAY)
    assert [kind for kind, _ in versions(lab, solution)] == ["MANUAL", "AUTOMATIC", "AUTOMATIC"]


def test_no_version_comes_without_automatic_training_or_without_data(lab):
    off = lab.solution(lab.filled_group(), name="off", performAutoTraining=False)
    empty = lab.solution(lab.group("empty"), name="empty")
    lab.wait(30 * DAY)
    assert versions(lab, off) == versions(lab, empty) == []


def test_automatic_training_can_be_switched_on_and_off(lab):
    solution = lab.solution(lab.filled_group(), performAutoTraining=False)
    lab("UpdateSolution", solutionArn=solution, performAutoTraining=True)
    lab.wait(HOUR)
    assert versions(lab, solution) == []
    lab.wait(HOUR)
    assert versions(lab, solution) == [("AUTOMATIC", "CREATE PENDING")]
    lab("UpdateSolution", solutionArn=solution, performAutoTraining=False)
    bring_news(lab, "more")
    lab.wait(30 * DAY)
    assert len(versions(lab, solution)) == 1


def test_a_campaign_that_follows_serves_what_was_trained_by_itself(lab):
    solution = lab.solution(lab.filled_group(), "aws-popularity-count")
    lab.version(solution)
    campaign = lab.campaign(f"{solution}/$LATEST", campaignConfig={"syncWithLatestSolutionVersion": True})
    rows = [*small_log(), *(("u1", "hit", 1_699_000_000 + step, "watch") for step in range(500))]
    (dataset,) = lab("ListDatasets")["datasets"]
    lab.import_file(dataset["datasetArn"], lab.upload(rows), "hits")
    assert lab.recommended(campaign, numResults=1) != ["hit"]
    lab.wait(8 * DAY)
    assert lab.recommended(campaign, numResults=1) != ["hit"]  # it has only begun
    lab.wait()
    assert lab.recommended(campaign, numResults=1) == ["hit"]
