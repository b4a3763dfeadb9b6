"""The metrics that the service puts into CloudWatch."""

import pytest

from personalize_local.service.errors import ServiceError

from .conftest import ITEMS


@pytest.fixture(scope="module")
def served_once(make_lab):
    lab = make_lab()
    group = lab.filled_group()
    lab.campaign(lab.version(lab.solution(group)))
    lab.tracking_id = lab.tracker(group)
    return lab


@pytest.fixture
def served(served_once):
    """A service with a campaign `popular` and a tracker, whose metrics up to now are forgotten."""
    served_once.metrics.clear()
    return served_once


def test_a_work_that_begins_and_ends_is_counted_with_what_it_took(lab):
    lab.version(lab.solution(lab.filled_group()))
    size = float(len(lab.objects["bucket", "data.csv"]))
    (job,) = lab("ListDatasetImportJobs")["datasetImportJobs"]
    name = job["datasetImportJobArn"].rpartition("/")[2]
    assert lab.measured("Dataset") == {
        ("DatasetImportJobRequests", "films", "INTERACTIONS", name): 1.0,
        ("DatasetImportJobExecutionTime", "films", "INTERACTIONS", name): 720.0,
        ("DatasetSize", "films", "INTERACTIONS", name): size,
    }
    (version,) = lab("ListSolutionVersions")["solutionVersions"]
    version = version["solutionVersionArn"].rpartition("/")[2]
    assert lab.measured("SolutionTraining") == {
        ("SolutionTrainingJobRequests", "popular", version): 1.0,
        ("SolutionTrainingJobExecutionTime", "popular", version): 2100.0,
    }
    assert {name for datum in lab.metrics for name, _ in datum.dimensions} == {
        *("DatasetGroupArn", "DatasetArn", "DatasetImportJobArn"),
        *("SolutionArn", "SolutionVersionArn"),
    }


def test_a_training_that_fails_is_an_error(served):
    served.service.faults.add("CreateSolutionVersion", "fail", reason="no")
    version = served.version(served.arn("solution/popular")).rpartition("/")[2]
    served.service.faults.remove()
    assert served.measured("Solution") == {
        ("SolutionTrainingJobRequests", "popular", version): 1.0,
        ("SolutionTrainingJobError", "popular", version): 1.0,
    }


def test_requests_are_counted_by_campaign_with_their_latency(served):
    campaign = served.arn("campaign/popular")
    served.recommended(campaign, userId="u1")
    count, latency = served.metrics
    assert (count.name, count.dimensions, count.value, count.unit) == (
        "GetRecommendations",
        (("CampaignArn", campaign),),
        1.0,
        "Count",
    )
    assert count.timestamp == served.clock.now()
    assert (latency.name, latency.dimensions, latency.unit) == (
        "GetRecommendationsLatency",
        (("CampaignArn", campaign),),
        "Milliseconds",
    )


@pytest.mark.parametrize(("effect", "name"), [("throttle", "4xxErrors"), ("error", "5xxErrors")])
def test_errors_are_counted(served, effect, name):
    served.service.faults.add("GetRecommendations", effect)
    with pytest.raises(ServiceError):
        served("GetRecommendations", campaignArn=served.arn("campaign/popular"), userId="u1")
    served.service.faults.remove()
    assert served.measured("") == {
        ("GetRecommendations", "popular"): 1.0,
        (f"GetRecommendations{name}", "popular"): 1.0,
    }


def test_requests_for_what_does_not_exist_count_nowhere(served):
    for operation, request in (
        ("GetRecommendations", {"campaignArn": served.arn("campaign/none")}),
        ("PutEvents", {"trackingId": "none", "sessionId": "s", "eventList": [{"eventType": "watch", "sentAt": 1}]}),
        ("GetRecommendations", {}),
    ):
        with pytest.raises(ServiceError):
            served(operation, **request)
    assert served.metrics == []


def test_events_and_records_are_counted(served):
    event = {"eventType": "watch", "itemId": "i1", "sentAt": 1_700_000_000}
    served("PutEvents", trackingId=served.tracking_id, userId="u1", sessionId="s", eventList=[event])
    items = served.dataset(served.arn("dataset-group/films"), "Items", ITEMS)
    served("PutItems", datasetArn=items, items=[{"itemId": "i1"}])
    tracker = served("ListEventTrackers")["eventTrackers"][0]["eventTrackerArn"].rpartition("/")[2]
    assert set(served.measured("Put")) == {
        ("PutEventsRequests", "films", "INTERACTIONS", tracker),
        ("PutEventLatency", "films", "INTERACTIONS", tracker),
        ("PutItemsRequests", "films", "ITEMS"),
        ("PutItemsLatency", "films", "ITEMS"),
    }
