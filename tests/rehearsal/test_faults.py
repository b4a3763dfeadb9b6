"""One fault anywhere: the deploy is done, or all is as it was; and the same again succeeds."""

import pytest

from personalize_local.rehearsal import faults
from personalize_local.rehearsal.faults import Fault, OneFault, Operation, Tally

STEPS = {"video": 31, "personalize": 151}  # every so many calls; benchmarks/faults.py tries them all


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("name", STEPS)
def test_whatever_fails_there_is_all_or_what_was_before(name, operation, scene):
    scene, tally = scene(name), Tally()
    for number, fault in enumerate(Fault):
        for position in range(number, faults.positions(scene, operation), STEPS[name]):
            faults.run(scene, operation, fault, position, tally)

    assert tally.wrong == []
    assert {fault for _, fault, _ in tally.ends} >= set(Fault) - {Fault.JOB_FAILURE}


@pytest.mark.parametrize("position", [3, 40])
def test_a_job_that_fails_takes_the_deploy_back(position, scene):
    """The nearest create from there on."""
    scene, tally = scene("video"), Tally()
    while not tally.ends:
        faults.run(scene, Operation.CREATE, Fault.JOB_FAILURE, position, tally)
        position += 1

    assert tally.wrong == []
    assert list(tally.ends) == [(Operation.CREATE, Fault.JOB_FAILURE, "rolled back")]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", STEPS)
def test_with_one_call_in_fourteen_refused_a_stack_comes_and_goes(name, seed, scene):
    counts = faults.run_at_random(scene(name), seed)

    assert counts[Fault.THROTTLE] > 0.02 * counts["calls"]
    assert counts[Fault.SERVER_ERROR] > 0


def test_a_fault_that_is_not_handled_would_be_seen(scene):
    """If the client did not try again, as many refusals would fail the deploy."""
    with pytest.raises(faults.DeploymentFailed):
        faults.run_at_random(scene("video"), 0, throttled=0.5, attempts=1)


def test_a_fault_comes_once_and_only_when_armed(scene):
    one = OneFault(Fault.THROTTLE, position=0)
    dispatch = one.between(lambda operation, request: {"answer": operation})

    assert dispatch("ListSchemas", {}) == {"answer": "ListSchemas"}
    one.arm()
    with pytest.raises(faults.ServiceError):
        dispatch("ListSchemas", {})
    assert dispatch("ListSchemas", {}) == {"answer": "ListSchemas"}
    assert one.hit
