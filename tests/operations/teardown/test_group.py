"""A dataset group that was made by hand goes with everything in it, in order, and nothing else does."""

import io
import re

import pytest
from rich.console import Console

from operations.errors import OperationError
from operations.teardown import actions
from operations.teardown.group import GroupReader, note_schemas
from operations.teardown.removal import GroupRemoval, Step


@pytest.fixture
def remove(aws, clock):
    """Removes a group by name; returns the steps as (resource, what became of it)."""

    def run(name, steps=None):
        steps = [] if steps is None else steps
        contents = GroupReader(aws).read(name)
        note_schemas(aws, contents)
        GroupRemoval(aws, contents, clock, steps.append).run()
        return steps

    return run


def over(steps: list[Step]) -> list[str]:
    return [str(step.item) for step in steps if step.is_over]


def test_nothing_of_the_group_is_left_and_all_else_is(bench, remove):
    other = bench.filled_group("books")
    before = bench.everything()
    bench.filled_group("films")
    remove("films")
    assert bench.everything() == before
    assert other.schema in before


def test_what_is_built_on_something_goes_before_it(bench, remove):
    bench.filled_group()
    order = over(remove("films"))
    place = {name: order.index(name) for name in order}
    for solution in ("films-one", "films-two"):
        assert place[f"campaign {solution}"] < place[f"solution {solution}"] < place["dataset films-dataset"]
    for early in ("event tracker films-tracker", "filter films-unseen", "metric attribution films-watched"):
        assert place[early] < place["dataset films-dataset"]
    assert order[-3:] == ["dataset films-dataset", "schema films-schema", "dataset group films"]


def test_independent_resources_go_side_by_side(bench, remove, clock):
    bench.filled_group()
    began = clock.now()
    remove("films")
    # A campaign takes 5 minutes, every other step one; one after the other they would take 19.
    assert clock.now() - began < 11 * 60


def test_a_running_training_is_stopped_and_not_waited_for(bench, remove, clock):
    group = bench.group()
    bench.version(bench.solution(group.arn), seconds=120)
    began = clock.now()
    steps = remove("films")
    assert any(step.item.kind.stem == "solution_version" and step.note == "ended" for step in steps)
    assert clock.now() - began < 10 * 60, "a training takes 35 minutes"
    assert bench.everything() == set()


def test_a_training_that_begins_in_the_middle_is_stopped_too(bench, remove, clock):
    """Automatic training does that."""
    group = bench.group()
    solution = bench.solution(group.arn)
    bench.campaign(bench.version(solution))
    start = bench.clock.now() - clock.began
    clock.at[start + 120] = lambda: bench.personalize.create_solution_version(solutionArn=solution)
    remove("films")
    assert bench.everything() == set()


def test_a_running_import_is_waited_for(bench, remove):
    group = bench.group()
    bench.import_rows(group.dataset, "second")
    steps = remove("films")
    assert "dataset import job second" in over(steps)
    assert any("cannot be stopped" in step.note for step in steps)
    assert bench.everything() == set()


def test_a_campaign_that_is_being_created_is_waited_for(bench, remove):
    group = bench.group()
    version = bench.version(bench.solution(group.arn))
    bench.personalize.create_campaign(name="late", solutionVersionArn=version)
    remove("films")
    assert bench.everything() == set()


@pytest.mark.parametrize("state", ["ACTIVE", "INACTIVE", "STOP PENDING", "CREATE IN_PROGRESS"])
def test_recommenders_go_in_whatever_state_they_are(bench, remove, state):
    group = bench.group(domain="VIDEO_ON_DEMAND")
    arn = bench.recommender(group.arn, seconds=1_200 if state.startswith("CREATE") else 7_200)
    if state in {"INACTIVE", "STOP PENDING"}:
        bench.personalize.stop_recommender(recommenderArn=arn)
        bench.wait(7_200 if state == "INACTIVE" else 0)
    assert bench.personalize.describe_recommender(recommenderArn=arn)["recommender"]["status"] == state
    remove("films")
    assert bench.everything() == set()


def test_what_a_running_batch_job_uses_is_waited_for(bench, remove):
    group = bench.filled_group()
    job = bench.batch(group.version, group.filter)
    steps = remove("films")
    assert "batch inference job batch" in over(steps)
    assert bench.everything() == {job}, "the service has no operation to delete a job"


def test_a_schema_that_another_group_uses_stays(bench, remove, aws, console):
    films = bench.group("films")
    books = bench.personalize.create_dataset_group(name="books")["datasetGroupArn"]
    bench.wait()
    bench.dataset(books, "books", films.schema)
    contents = GroupReader(aws).read("films")
    assert list(contents.shared) == [films.schema]
    remove("films")
    assert films.schema in bench.everything()
    remove("books")
    assert bench.everything() == set()


def test_a_schema_that_came_into_use_meanwhile_stays(bench, remove, clock):
    films = bench.group("films")
    books = bench.personalize.create_dataset_group(name="books")["datasetGroupArn"]
    bench.wait()
    start = clock.now() - clock.began
    clock.at[start + 30] = lambda: bench.personalize.create_dataset(
        name="late", datasetGroupArn=books, schemaArn=films.schema, datasetType="Interactions"
    )
    steps = remove("films")
    assert [step.note for step in steps if step.item.kind.stem == "schema"][-1].startswith("stays: ")
    assert films.schema in bench.everything()
    assert films.arn not in bench.everything()


@pytest.mark.parametrize("minutes", range(0, 12, 2))
def test_an_interrupted_removal_goes_on_where_it_stopped(bench, remove, clock, minutes):
    """The schemas included, though their datasets are gone by then."""
    bench.filled_group()

    def interrupt():
        raise KeyboardInterrupt

    clock.at[clock.now() - clock.began + minutes * 60] = interrupt
    try:
        remove("films")
    except KeyboardInterrupt:
        clock.at.clear()
        remove("films")
    assert bench.everything() == set()


def test_a_missing_permission_is_said_and_what_does_not_need_it_goes(bench, remove, deny):
    group = bench.filled_group()
    deny("DeleteFilter")
    with pytest.raises(OperationError) as caught:
        remove("films")
    assert re.fullmatch(
        r"dataset group films is not gone; of 10 resources 4 are left, because of:\n"
        r"  filter films-unseen \(arn:\S+:filter/films-unseen\): DeleteFilter answered AccessDeniedException: .*\n"
        r"run the same command again to go on",
        str(caught.value),
    )
    assert {group.dataset, group.schema, group.arn} <= bench.everything()
    deny()
    remove("films")
    assert bench.everything() == set()


def test_without_permission_to_tag_nothing_is_removed(bench, remove, deny):
    bench.group()
    before = bench.everything()
    deny("TagResource")
    with pytest.raises(
        OperationError, match=r"films cannot be tagged with its schemas, so nothing was removed: TagRes"
    ):
        remove("films")
    assert bench.everything() == before


@pytest.mark.parametrize("comes_back", [False, True])
def test_what_is_never_gone_is_given_up_on_and_named(bench, remove, clock, cloud, comes_back):
    """Whether the service does nothing, or begins and fails again and again."""
    group = bench.group()
    dispatch = cloud.service.dispatch

    def hold(operation, request):
        if operation == "DeleteDataset":
            return {}
        answer = dispatch(operation, request)
        if operation == "DescribeDataset" and comes_back and int(clock.now()) // 60 % 2:
            answer["dataset"]["status"] = "DELETE IN_PROGRESS"
        return answer

    cloud.service.dispatch = hold
    began = clock.now()
    with pytest.raises(OperationError, match=rf"(?s)3 are left.*dataset films-dataset \({group.dataset}\): "):
        remove("films")
    assert clock.now() - began < 4 * 3600


def test_a_group_that_is_not_there_is_said_with_those_that_are(bench, remove):
    bench.group("books")
    with pytest.raises(OperationError, match=r"no dataset group 'film' in account 123456789012, .*; there are: books$"):
        remove("film")


class TestCommand:
    """`personalize teardown --dataset-group`."""

    @pytest.fixture
    def answer(self, monkeypatch):
        def give(text):
            monkeypatch.setattr("sys.stdin", Terminal(text))

        return give

    @pytest.fixture(autouse=True)
    def _no_waiting(self, clock, monkeypatch):
        monkeypatch.setattr(actions, "SystemClock", lambda: clock)

    def test_it_shows_the_group_and_removes_it_once_its_name_is_typed(self, bench, console, answer):
        bench.filled_group()
        answer("films\n")
        actions.remove_group("films", console, ask=True, force=False)
        told = console.file.getvalue()
        for line in ("dataset group films, ACTIVE, account 123456789012, eu-west-1", "filter films-unseen, ACTIVE"):
            assert line in told
        assert "3 jobs and solution versions that have ended" in told
        assert told.endswith("dataset group films is gone\n")
        assert bench.everything() == set()

    @pytest.mark.parametrize("typed", ["film\n", "y\n", ""])
    def test_another_answer_changes_nothing(self, bench, console, answer, typed):
        bench.filled_group()
        before = bench.everything()
        answer(typed)
        with pytest.raises(OperationError, match=rf"{typed.strip()!r} is not 'films'; nothing was changed"):
            actions.remove_group("films", console, ask=True, force=False)
        assert bench.everything() == before

    def test_without_a_terminal_it_wants_yes(self, bench, console, monkeypatch):
        bench.group()
        monkeypatch.setattr("sys.stdin", io.StringIO("films\n"))
        with pytest.raises(OperationError, match="the input is no terminal; give --yes to go on unasked"):
            actions.remove_group("films", console, ask=True, force=False)

    def test_a_group_of_a_stack_that_exists_is_left_to_the_stack(self, bench, console, cloudformation):
        tags = [{"tagKey": "personalize-stack:owner", "tagValue": "films-dev/Group"}]
        bench.group(tags=tags)
        cloudformation.add("films-dev")
        with pytest.raises(OperationError, match=r"dataset group films .* is part of the stack films-dev, which would"):
            actions.remove_group("films", console, ask=False, force=False)
        actions.remove_group("films", console, ask=False, force=True)
        assert bench.everything() == set()

    def test_a_group_of_a_stack_that_is_gone_goes(self, bench, console, cloudformation):
        bench.group(tags=[{"tagKey": "personalize-stack:owner", "tagValue": "films-dev/Group"}])
        actions.remove_group("films", console, ask=False, force=False)
        assert bench.everything() == set()

    def test_a_stack_that_cannot_be_looked_at_is_no_stack_that_is_gone(self, bench, console, cloudformation):
        bench.group(tags=[{"tagKey": "personalize-stack:owner", "tagValue": "films-dev/Group"}])
        cloudformation.refuses = True
        with pytest.raises(OperationError, match="stack films-dev cannot be looked at: DescribeStacks answered Access"):
            actions.remove_group("films", console, ask=False, force=False)

    def test_an_interruption_says_how_to_go_on(self, bench, console, clock):
        bench.group()

        def interrupt():
            raise KeyboardInterrupt

        clock.at[clock.now() - clock.began + 1] = interrupt
        with pytest.raises(KeyboardInterrupt):
            actions.remove_group("films", console, ask=False, force=False)
        assert console.file.getvalue().endswith("the service ends what was begun, and the same command goes on\n")

    def test_a_terminal_sees_a_bar_for_each_kind(self, bench, clock):
        bench.filled_group()
        console = Console(file=io.StringIO(), width=150, force_terminal=True)
        actions.remove_group("films", console, ask=False, force=False)
        told = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue())
        assert re.search(r"campaign\s.*2/2", told)
        assert re.search(r"dataset group\s.*1/1", told)


class Terminal(io.StringIO):
    def isatty(self):
        return True
