"""A new version takes over without a pause."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from personalize_local.service.profiles import INSTANT

from .conftest import small_log
from .test_recommenders import answered, domain_group, recommender


@pytest.fixture
def switching(make_lab, tmp_path):
    """A lab where nothing takes time, a campaign, and two versions that it may serve, each with what it answers."""
    lab = make_lab(state=tmp_path, profile=INSTANT)
    group = lab.filled_group()
    solution = lab.solution(group)
    old = lab.version(solution)
    campaign = lab.campaign(old)
    more_of_one = [(f"x{number}", "i5", 1_650_000_000 + number, "watch") for number in range(50)]
    dataset = lab.arn("dataset/films/INTERACTIONS")
    assert lab.import_file(dataset, lab.upload([*small_log(), *more_of_one]), "more")["status"] == "ACTIVE"
    new = lab.version(solution)
    lists = {}
    for version in (new, old):
        lab("UpdateCampaign", campaignArn=campaign, solutionVersionArn=version)
        lists[version] = lab.recommended(campaign, userId="u1")
    assert lists[old] != lists[new]
    return lab, campaign, lists


def model_of(lab, version, folder):
    return folder / "models" / version.split(":solution/")[1] / "model"


def test_while_a_new_version_is_loaded_the_old_one_answers_and_nobody_waits(switching, tmp_path, make_lab):
    lab, campaign, lists = switching
    old, new = list(lists)[::-1]
    lab.service.close()
    lab = make_lab(state=tmp_path, profile=INSTANT, clock=lab.clock, objects=lab.objects)  # knows the old one alone
    tracking_id = lab.tracker(lab.arn("dataset-group/films"))
    description = model_of(lab, new, tmp_path) / "model.json"
    text = description.read_bytes()
    description.unlink()
    os.mkfifo(description)  # a very slow disk: it is read when this test has written it

    with ThreadPoolExecutor(1) as threads:
        switch = threads.submit(lab, "UpdateCampaign", campaignArn=campaign, solutionVersionArn=new)
        with description.open("wb") as slow:  # opens once it is being read
            for _ in range(3):
                assert lab.recommended(campaign, userId="u1") == lists[old]
            assert lab("DescribeCampaign", campaignArn=campaign)["campaign"]["solutionVersionArn"] == old
            event = {"eventType": "watch", "itemId": "i1", "sentAt": 1_700_000_000}
            lab("PutEvents", trackingId=tracking_id, sessionId="s", userId="u1", eventList=[event])
            assert not switch.done()
            slow.write(text)
        switch.result()

    assert lab("DescribeCampaign", campaignArn=campaign)["campaign"]["solutionVersionArn"] == new
    assert lab.recommended(campaign, userId="u1") == lists[new]


def test_requests_at_the_same_time_get_the_version_that_is_active(switching):
    lab, campaign, lists = switching
    old, new = list(lists)[::-1]
    order, switches, done = [old, new] * 6, 0, Event()

    def ask():
        answers = []
        while not done.is_set():
            before = switches
            answer = lab.recommended(campaign, userId="u1")
            answers.append((answer, [lists[version] for version in order[before : switches + 2]]))
        return answers

    with ThreadPoolExecutor(4) as threads:
        try:
            asked = [threads.submit(ask) for _ in range(4)]
            for place, version in enumerate(order[1:], 1):
                lab("UpdateCampaign", campaignArn=campaign, solutionVersionArn=version)
                assert lab.recommended(campaign, userId="u1") == lists[version]
                switches = place
        finally:
            done.set()
    answers = [answer for each in asked for answer in each.result()]
    assert len(answers) > len(order)
    assert all(answer in possible for answer, possible in answers)


def test_what_answers_is_loaded_when_the_service_starts(switching, tmp_path, make_lab):
    lab, campaign, lists = switching
    lab.service.close()
    again = make_lab(state=tmp_path, profile=INSTANT, clock=lab.clock, objects=lab.objects)
    shutil.rmtree(tmp_path / "models")
    assert again.recommended(campaign, userId="u1") == list(lists.values())[-1]


def test_a_version_that_a_campaign_follows_is_loaded_when_it_is_trained(switching, tmp_path):
    lab, _, lists = switching
    solution = next(iter(lists)).rpartition("/")[0]
    follows = {"campaignConfig": {"syncWithLatestSolutionVersion": True}}
    campaign = lab.campaign(f"{solution}/$LATEST", "follows", **follows)
    shutil.rmtree(model_of(lab, lab.version(solution), tmp_path))
    assert lab.recommended(campaign, userId="u1") == next(iter(lists.values()))


def test_a_recommender_is_loaded_when_it_is_trained_and_when_it_is_renewed(make_lab, tmp_path):
    lab = make_lab(state=tmp_path, profile=INSTANT)
    arn = recommender(lab, domain_group(lab))
    (model,) = tmp_path.glob("recommenders/*/model")
    shutil.move(model, tmp_path / "elsewhere")
    before = answered(lab, arn, userId="u1")
    shutil.move(tmp_path / "elsewhere", model)
    rows = [(f"x{number}", "i5", 1_650_000_000 + number, "Watch") for number in range(50)]
    rows += [(*row[:3], "Watch") for row in small_log()]
    dataset = lab("ListDatasets")["datasets"][0]["datasetArn"]
    assert lab.import_file(dataset, lab.upload(rows), "more")["status"] == "ACTIVE"
    lab.wait(8 * 24 * 3600)
    lab("ListCampaigns")  # the request after which it is renewed
    shutil.rmtree(model)
    assert answered(lab, arn, userId="u1")[0] == "i5" != before[0]


def test_models_that_nobody_needs_are_let_go_of(switching, tmp_path):
    lab, campaign, lists = switching
    old, new = list(lists)[::-1]
    for _ in range(2):  # what was asked for since the last time stays
        lab("UpdateCampaign", campaignArn=campaign, solutionVersionArn=old)
    shutil.rmtree(model_of(lab, new, tmp_path))
    lab("UpdateCampaign", campaignArn=campaign, solutionVersionArn=new)
    code, message = lab.refusal("GetRecommendations", campaignArn=campaign, userId="u1")
    assert code == "InternalFailure"
    assert message.startswith("there is no model in ")
