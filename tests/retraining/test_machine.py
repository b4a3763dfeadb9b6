"""The machine state by state, with the durations of AWS."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from personalize_local.service.clock import VirtualClock
from personalize_local.service.errors import Throttled
from tests.service.conftest import INTERACTIONS, Lab

from .interpreter import MACHINE, PREFIX, Failed, Interpreter

SOON = ("StartTheImport", "StartTheTraining", "Promote", "Refused", "ServedAlready", "LookForMore", "Done")
NDCG = "normalized_discounted_cumulative_gain_at_25"


class Shop:
    """A solution that a campaign serves, and its retraining."""

    def __init__(self, *, began=None, **plan):
        # A little after now, so that nothing seems to be older than it is.
        self.lab = lab = Lab(clock=VirtualClock(began or time.time()))
        group = lab.filled_group()
        self.solution = lab.solution(group)
        self.first = lab.version(self.solution)
        self.campaign = lab.campaign(self.first)
        dataset = lab("ListDatasets", datasetGroupArn=group)["datasets"][0]["datasetArn"]
        self.machine = Interpreter(lab, dataset, self.solution, {"popular": self.campaign}, **plan)
        self.faults = lab.service.faults

    def upload(self, name="more.csv", first=1000):
        """Let a file come of which nothing can be learnt: every event has an item of its own."""
        rows = [
            (f"n{user}", f"i{first + 20 * user + step}", 1_650_000_000 + step, "watch")
            for user in range(60)
            for step in range(20)
        ]
        self.lab.upload(rows, INTERACTIONS, f"{PREFIX}{name}")

    @property
    def serving(self):
        return self.lab("DescribeCampaign", campaignArn=self.campaign)["campaign"]["solutionVersionArn"]

    @property
    def versions(self):
        listed = self.lab("ListSolutionVersions", solutionArn=self.solution)["solutionVersions"]
        return [version["solutionVersionArn"] for version in listed]

    @property
    def jobs(self):
        listed = self.lab("ListDatasetImportJobs")["datasetImportJobs"]
        return {job["jobName"]: job["status"] for job in listed if job["jobName"] != "films-import"}

    def record(self, name):
        return json.loads(self.machine.parameters[name])


@pytest.fixture
def make_shop():
    shops = []

    def make(**more):
        shops.append(Shop(**more))
        return shops[-1]

    yield make
    for shop in shops:
        shop.lab.service.close()


@pytest.fixture
def shop(make_shop):
    return make_shop()


def test_without_new_files_it_trains_once_and_the_new_version_takes_over(shop):
    ended = shop.machine.run()
    assert shop.versions == [shop.first, shop.serving]
    assert ended == {
        "outcome": "promoted",
        "version": shop.serving,
        "verdicts": [{"campaign": "popular", "outcome": "promoted", "before": shop.first, "refusals": []}],
    }
    assert shop.record("serving-popular") == {
        "version": shop.serving,
        "by": "retraining",
        "run": f"{MACHINE.replace('stateMachine', 'execution')}:run-1",
    }
    assert shop.record("judged")["version"] == shop.serving
    (told,) = shop.machine.told
    assert (told["DetailType"], told["Detail"]["severity"]) == ("Version promoted", "info")


def test_new_files_are_imported_once_and_learnt_from(shop):
    shop.upload()
    shop.machine.run()
    assert list(shop.jobs.values()) == ["ACTIVE"]
    assert all(name.startswith("films-dev-interactions-") for name in shop.jobs)
    assert shop.machine.path(*SOON) == ["StartTheImport", "StartTheTraining", "Promote", "LookForMore", "Done"]

    shop.machine.run()  # the same files
    assert shop.machine.path(*SOON) == ["StartTheTraining", "Promote", "LookForMore", "Done"]


def test_files_that_come_one_after_the_other_begin_one_training(shop):
    shop.upload("a.csv")
    shop.machine.at["WaitUntilNoMoreFilesCome"] = lambda: shop.upload("b.csv", first=9000)
    assert shop.machine.run("data")["outcome"] == "promoted"
    assert len(shop.jobs) == 1
    assert shop.machine.path("WaitUntilNoMoreFilesCome", *SOON)[:4] == [
        "WaitUntilNoMoreFilesCome",
        "WaitUntilNoMoreFilesCome",
        "StartTheImport",
        "StartTheTraining",
    ]

    assert shop.machine.run("data") == {"outcome": "nothing new"}
    assert len(shop.versions) == 2


def test_data_that_is_gone_when_the_run_begins_is_nothing_new(shop):
    assert shop.machine.run("data") == {"outcome": "nothing new"}
    assert shop.versions == [shop.first]


def test_what_comes_during_a_run_is_learnt_before_it_ends(shop):
    shop.machine.at["WaitForThePromotion"] = shop.upload
    shop.machine.run("schedule")
    expected = ["StartTheTraining", "Promote", "LookForMore", "StartTheImport"]
    assert shop.machine.path(*SOON) == [*expected, "StartTheTraining", "Promote", "LookForMore", "Done"]
    assert len(shop.versions) == 3


@pytest.mark.parametrize(
    ("trigger", "ends", "waited"),
    [("schedule", True, []), ("data", True, ["WaitForTheOtherRun"]), ("data", False, ["WaitForTheOtherRun"])],
)
def test_a_run_leaves_the_work_to_one_that_began_earlier(shop, trigger, ends, waited):
    earlier, later = (
        (datetime.fromtimestamp(shop.lab.clock.now(), UTC) + timedelta(minutes=minutes)).isoformat()
        for minutes in (-5, 5)
    )
    shop.machine.running += [
        {"ExecutionArn": "later", "Name": "later", "StartDate": later},
        {"ExecutionArn": "earlier", "Name": "earlier", "StartDate": earlier},  # on the second page
    ]
    if not ends:  # it is over when the run looks again
        shop.machine.at["WaitForTheOtherRun"] = shop.machine.running.clear
        shop.upload()
    ended = shop.machine.run(trigger)
    assert ended["outcome"] == ("left to another run" if ends else "promoted")
    assert shop.machine.path("WaitForTheOtherRun") == waited
    assert len(shop.versions) == (1 if ends else 2)


def test_an_import_that_fails_ends_the_run_and_the_next_one_tries_again(shop):
    shop.upload()
    shop.faults.add("CreateDatasetImportJob", "fail", reason="no capacity", times=1)
    with pytest.raises(
        Failed, match=r"ImportFailed: arn:.*:dataset-import-job/films-dev-interactions-\w+: no capacity"
    ):
        shop.machine.run()
    assert shop.serving == shop.first
    assert shop.machine.run()["outcome"] == "promoted"
    assert sorted(shop.jobs.values()) == ["ACTIVE", "CREATE FAILED"]
    assert len(shop.versions) == 2


def test_a_training_that_fails_ends_the_run_and_the_next_one_trains_again(shop):
    shop.upload()
    shop.faults.add("CreateSolutionVersion", "fail", reason="no capacity", times=1)
    with pytest.raises(Failed, match=r"TrainingFailed: arn:.*:solution/popular/\w+: no capacity"):
        shop.machine.run()
    assert shop.serving == shop.first
    assert shop.machine.run("data")["outcome"] == "promoted"
    assert len(shop.versions) == 3
    assert len(shop.jobs) == 1  # the files were imported already


def test_a_promotion_that_fails_leaves_what_served_and_the_next_run_goes_on_without_training(shop):
    shop.faults.add("UpdateCampaign", "fail", reason="no capacity", times=1)
    with pytest.raises(Failed, match=r"PromotionFailed: .* goes on with .* it does not take over .*: no capacity"):
        shop.machine.run()
    assert shop.serving == shop.first
    trained = shop.versions
    assert shop.machine.run()["outcome"] == "promoted"
    assert shop.versions == trained
    assert shop.serving == trained[-1]


def test_a_version_that_nobody_judged_for_a_day_is_not_taken_up(make_shop):
    shop = make_shop(began=time.time() - 3 * 24 * 3600)
    shop.faults.add("UpdateCampaign", "fail", reason="no capacity", times=1)
    with pytest.raises(Failed):
        shop.machine.run()
    shop.machine.run()
    assert len(shop.versions) == 3


@pytest.mark.parametrize("state", ["WaitForTheImport", "WaitForTheTraining", "WaitForThePromotion"])
def test_a_run_that_is_stopped_anywhere_is_gone_on_with(shop, state):
    shop.upload()
    shop.machine.at[state] = lambda: 1 / 0
    with pytest.raises((Failed, ZeroDivisionError)):
        shop.machine.run()
    ended = shop.machine.run()
    assert len(shop.jobs) == 1
    assert shop.versions == [shop.first, shop.serving]
    assert ended["version"] == shop.serving
    assert shop.record("judged")["version"] == shop.record("serving-popular")["version"] == shop.serving


def test_wherever_aws_refuses_the_run_fails_with_the_reason_and_the_next_one_ends_it(shop):
    """Each state that asks AWS for something in turn: nothing is imported or trained twice."""
    *_, imports, _ = all_states(shop.machine.definition)
    tasks = [
        name
        for states in all_states(shop.machine.definition)
        for name, state in states.items()
        if state["Type"] == "Task"
    ]
    assert {"StartTheImport", "StartTheTraining", "Promote", "NoteThatItServes", "Tell"} < set(tasks)
    versions, jobs = 1, 0
    for task in tasks:
        versions += 1
        if task in imports:
            jobs += 1
            shop.upload(f"{jobs}.csv", first=jobs * 10_000)
        serving, shop.machine.broken = shop.serving, task
        with pytest.raises(Failed, match="AccessDeniedException: not allowed"):
            shop.machine.run()
        assert shop.serving in {serving, shop.versions[-1]}
        shop.machine.broken = None
        assert shop.machine.run()["outcome"] == "promoted", task
        assert (len(shop.versions), len(shop.jobs)) == (versions, jobs), task
        assert shop.serving == shop.versions[-1] == shop.record("judged")["version"]


def test_an_event_that_cannot_be_put_fails_the_run_and_is_put_by_the_next_one(shop):
    shop.machine.broken = "Tell"
    with pytest.raises(Failed) as failed:
        shop.machine.run()
    version = shop.serving
    assert failed.value.error == "TellingFailed"
    assert failed.value.cause.startswith(f"{version} serves; the event bus bus cannot be told: ")
    assert shop.machine.told == []
    shop.machine.broken = None
    assert shop.machine.run()["version"] == version
    (told,) = shop.machine.told
    assert version in told["Detail"]["summary"]


def test_throttling_quotas_and_lost_answers_are_waited_out(shop):
    shop.upload()
    shop.faults.add("*", "throttle", rate=0.2, seed=3)
    shop.faults.add("CreateSolutionVersion", "error", code="LimitExceededException", times=3)
    shop.faults.add("UpdateCampaign", "error", code="ResourceInUseException", times=3)
    assert shop.machine.run()["outcome"] == "promoted"
    shop.faults.remove()
    assert len(shop.versions) == 2
    assert len(shop.jobs) == 1


@pytest.mark.parametrize("operation", ["CreateDatasetImportJob", "CreateSolutionVersion"])
def test_what_exists_though_nobody_heard_of_it_is_taken_up(shop, operation):
    """The answer to the first attempt is lost: another one is told that the name is taken."""
    dispatch, lost = shop.lab.service.dispatch, []

    def losing(called, request):
        answer = dispatch(called, request)
        if called == operation and not lost:
            lost.append(answer)
            raise Throttled("lost")
        return answer

    shop.upload()
    shop.lab.service.dispatch = losing
    assert shop.machine.run()["outcome"] == "promoted"
    assert len(shop.versions) == 2
    assert len(shop.jobs) == 1


def test_a_training_that_somebody_else_began_is_waited_for_and_judged(shop):
    theirs = shop.lab("CreateSolutionVersion", solutionArn=shop.solution)["solutionVersionArn"]
    shop.machine.run()
    assert shop.versions == [shop.first, theirs]
    assert shop.serving == theirs


def test_a_campaign_that_is_being_updated_is_waited_for(shop):
    def update():
        shop.lab("UpdateCampaign", campaignArn=shop.campaign, minProvisionedTPS=2)

    shop.machine.at["JudgeAndPromote"] = update
    shop.machine.run()
    assert "WaitForTheCampaign" in shop.machine.visited
    assert shop.serving == shop.versions[-1]
    assert shop.lab("DescribeCampaign", campaignArn=shop.campaign)["campaign"]["minProvisionedTPS"] == 2


def test_a_campaign_that_is_paused_is_left_alone(shop):
    shop.lab("DeleteCampaign", campaignArn=shop.campaign)
    shop.lab.wait()
    ended = shop.machine.run()
    assert (ended["outcome"], ended["version"]) == ("trained", shop.versions[-1])
    assert shop.record("judged")["version"] == shop.versions[-1]
    assert shop.machine.told[0]["DetailType"] == "Version trained"


def test_a_version_that_is_worse_than_tolerated_is_kept_told_and_does_not_serve(make_shop):
    shop = make_shop(gate={NDCG: 0.0, "coverage": 1.0})
    shop.upload()
    ended = shop.machine.run()
    assert shop.serving == shop.first
    new = shop.versions[-1]
    metrics = [
        shop.lab("GetSolutionMetrics", solutionVersionArn=version)["metrics"][NDCG] for version in (shop.first, new)
    ]
    refusals = [{"metric": NDCG, "tolerance": 0, "serving": metrics[0], "new": metrics[1]}]
    verdict = {"campaign": "popular", "outcome": "refused", "before": shop.first, "refusals": refusals}
    assert ended == {"outcome": "refused", "version": new, "verdicts": [verdict]}
    assert shop.record("judged")["verdicts"] == [verdict]
    assert "serving-popular" not in shop.machine.parameters
    (told,) = shop.machine.told
    assert (told["DetailType"], told["Detail"]["severity"]) == ("Version refused", "problem")
    assert NDCG in told["Detail"]["summary"]
    assert new in told["Detail"]["summary"]

    assert shop.machine.run("data") == {"outcome": "nothing new"}  # it has been judged


@pytest.mark.parametrize(("tolerance", "outcome"), [(0.999, "promoted"), (0.0, "refused")])
def test_the_tolerance_decides(make_shop, tolerance, outcome):
    shop = make_shop(gate={NDCG: tolerance})
    shop.upload()
    assert shop.machine.run()["outcome"] == outcome


def test_a_metric_that_only_what_serves_has_is_missed_and_one_that_only_the_new_version_has_is_not(make_shop):
    for side, outcome in ((0, "refused"), (1, "promoted")):
        shop = make_shop(gate={NDCG: 0.5})
        dispatch, hidden = shop.lab.service.dispatch, []

        def hiding(operation, request, dispatch=dispatch, hidden=hidden, side=side):
            answer = dispatch(operation, request)
            if operation == "GetSolutionMetrics":
                hidden.append(answer)
                if len(hidden) == side + 1:  # first the new version's are read
                    answer["metrics"] = {"coverage": 1.0}
            return answer

        shop.lab.service.dispatch = hiding
        assert shop.machine.run()["outcome"] == outcome


def test_each_campaign_is_judged_by_what_serves_in_it(make_shop):
    shop = make_shop(gate={NDCG: 0.0})
    shop.upload()
    job = shop.lab("ListDatasets", datasetGroupArn=shop.lab.arn("dataset-group/films"))["datasets"][0]["datasetArn"]
    shop.lab.import_file(job, f"s3://bucket/{PREFIX}more.csv", "by-hand", importMode="INCREMENTAL")
    worse = shop.lab.version(shop.solution)
    other = shop.lab.campaign(worse, "other")
    shop.machine.definition = Interpreter(
        shop.lab, job, shop.solution, {"popular": shop.campaign, "other": other}, gate={NDCG: 0.0}
    ).definition
    ended = shop.machine.run()
    assert {verdict["campaign"]: verdict["outcome"] for verdict in ended["verdicts"]} == {
        "popular": "refused",
        "other": "promoted",
    }


def test_a_solution_without_a_version_is_trained(shop):
    answer = {"solution": {"solutionArn": shop.solution}}
    dispatch = shop.lab.service.dispatch
    shop.lab.service.dispatch = lambda operation, request: (
        answer if operation == "DescribeSolution" else dispatch(operation, request)
    )
    shop.machine.at["LookForMore"] = lambda: setattr(shop.lab.service, "dispatch", dispatch)
    shop.machine.run()
    assert len(shop.versions) == 2


def test_every_state_is_entered_in_one_of_these_runs(make_shop):
    shop = make_shop(gate={NDCG: 0.0})
    began = datetime.fromtimestamp(shop.lab.clock.now() - 60, UTC).isoformat()
    shop.machine.running.append({"ExecutionArn": "other", "Name": "other", "StartDate": began})
    shop.machine.run("data")
    shop.machine.running.clear()
    for operation in ("CreateSolutionVersion", "UpdateCampaign"):
        shop.faults.add(operation, "fail", reason="no capacity", times=1)
        with pytest.raises(Failed):
            shop.machine.run()
    shop.machine.at["JudgeAndPromote"] = lambda: shop.lab(
        "UpdateCampaign", campaignArn=shop.campaign, minProvisionedTPS=2
    )
    shop.machine.run()
    shop.machine.at["NoteWhatWasJudged"] = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        shop.machine.run()
    shop.machine.run()
    shop.upload()
    shop.faults.add("CreateDatasetImportJob", "fail", reason="no capacity", times=1)
    with pytest.raises(Failed):
        shop.machine.run("data")
    shop.machine.run("data")
    shop.lab("DeleteCampaign", campaignArn=shop.campaign)
    shop.lab.wait()
    shop.machine.broken = "Tell"
    with pytest.raises(Failed):
        shop.machine.run()

    names = {name for states in all_states(shop.machine.definition) for name in states}
    assert set(shop.machine.visited) == names


def test_every_state_leads_somewhere_and_is_led_to(shop):
    for states in all_states(shop.machine.definition):
        led_to = {next(iter(states))}
        for state in states.values():
            after = [state.get("Next"), state.get("Default")]
            after += [branch["Next"] for branch in (*state.get("Choices", ()), *state.get("Catch", ()))]
            led_to.update(filter(None, after))
            assert any(after) or state.get("End") or state["Type"] == "Fail"
        assert led_to == states.keys()


def all_states(machine):
    """The states of a machine, and those of what it does for each item."""
    yield machine["States"]
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from all_states(state["ItemProcessor"])


def test_no_variable_hides_a_function_of_jsonata(shop):
    assigned = {
        name
        for states in all_states(shop.machine.definition)
        for state in states.values()
        for name in state.get("Assign", ())
    }
    text = json.dumps(shop.machine.definition)
    assert not [name for name in assigned if f"${name}(" in text]
