"""The main job once, from raw ratings to recommendations and back to nothing, on the embedded local cloud.

    make demo            # ends with nothing left
    make demo KEEP=1     # stays up, and tells how to go on by hand

`Demo.tell` is the story; the AWS tools it drives are the real ones.
"""

import argparse
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from leftovers import leftovers, remove_bootstrap
from progress import deploy_progress
from recommend import Movies, Recommender
from rich.console import Console
from rich.table import Table

from data_prep.errors import DataPrepError
from data_prep.prepare import prepare
from data_prep.report import page, report
from operations.cdk import Cdk
from operations.errors import OperationError
from personalize_local.cloud import LocalCloud
from personalize_local.environment import refuse_real_credentials
from personalize_local.errors import LocalCloudError
from personalize_stack.config.errors import ConfigError
from personalize_stack.config.load import load

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CONFIG = HERE / "personalize.yaml"
STATE = ROOT / ".personalize" / "demo"
STACK = "movielens-dev"
USERS = ("68", "1", "599")
GENRE = "Children"  # of the films that the first of them then watches
STRANGER = "nobody-knows-me"
METRICS = {
    "NDCG@5": "normalized_discounted_cumulative_gain_at_5",
    "NDCG@10": "normalized_discounted_cumulative_gain_at_10",
    "NDCG@25": "normalized_discounted_cumulative_gain_at_25",
    "precision@5": "precision_at_5",
    "precision@10": "precision_at_10",
    "precision@25": "precision_at_25",
    "MRR@25": "mean_reciprocal_rank_at_25",
    "coverage": "coverage",
}

console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)


class Demo:
    """The demo and how long each of its steps took."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._seconds: dict[str, float] = {}
        self._movies = Movies()

    def tell(self, *, keep: bool) -> None:
        """Run all of it, or all but the destroy."""
        self._prepare()
        self._deploy()
        self._recommend()
        self._compare()
        if keep:
            self._explain()
        else:
            self._destroy()
        self._sum_up()

    def _prepare(self) -> None:
        _chapter("1  Prepare the raw files")
        project = load(CONFIG)
        with self._step("prepare"):
            manifest = prepare(project.datasets, project.root, project.root / project.prepared, project.domain)
        console.print(report(manifest))
        console.print(page(manifest.folder))

    def _deploy(self) -> None:
        _chapter("2  Deploy to the local cloud")
        with self._step("start"):
            url = self._cloud.up()
            os.environ.update(self._cloud.environment())
        self._app = Cdk(ROOT, self._log("synth"), context={"config": str(CONFIG.relative_to(ROOT))})
        console.print(f"local cloud at {url}")
        with self._step("bootstrap"), console.status("cdk bootstrap"):
            self._cdk("bootstrap").bootstrap(self._cloud.account, self._cloud.region)
        console.print(f"cdk bootstrap: done in {self._seconds['bootstrap']:.0f} s")
        with self._step("synth"), console.status("cdk synth"):
            self._app = self._cdk("synth").synthesize(STATE / "cdk.out")
        console.print(f"cdk synth: done in {self._seconds['synth']:.0f} s")
        with self._step("deploy"), deploy_progress(console, STATE) as follow:
            self._cdk("deploy", follow).deploy()
        self._recommender = Recommender(STACK)
        self._trained = self._training_seconds()
        console.print(f"cdk deploy: done in {self._seconds['deploy']:.0f} s, {self._trained:.0f} s of it training")

    def _recommend(self) -> None:
        _chapter("3  Ask for recommendations")
        with self._step("ask"):
            for user in USERS:
                self._show(f"user {user}", user, history=self._movies.histories[user][-5:])
            user, seen = USERS[0], set(self._movies.histories[USERS[0]])
            watched = [film for film in self._movies.best_known(GENRE) if film not in seen][:5]
            before = {campaign: self._recommender.recommend(campaign, user) for campaign in ("hrnn", "popular")}
            self._recommender.watched(user, watched)
            self._show(f"user {user}, after 5 events", user, history=watched)
            after = {campaign: self._recommender.recommend(campaign, user) for campaign in ("hrnn", "popular")}
            if after["hrnn"] == before["hrnn"] or after["popular"] != before["popular"]:
                raise OperationError(f"events should change what hrnn answers, and only that: {before} became {after}")
            new = len(set(after["hrnn"]) - set(before["hrnn"]))
            hits = [sum(GENRE in self._movies.genres[film] for film in answer["hrnn"]) for answer in (before, after)]
            console.print(
                f"hrnn: {new} of 5 are new after the events, {hits[1]} are of the genre {GENRE} ({hits[0]} before); "
                "popular: the same as before\n"
            )
            self._show("a user nobody knows", STRANGER, history=[])

    def _show(self, title: str, user: str, history: Sequence[str]) -> None:
        """Print what a user watched beside what each campaign recommends."""
        columns = {
            "watched last": history,
            "hrnn recommends": self._recommender.recommend("hrnn", user),
            "popular recommends": self._recommender.recommend("popular", user),
        }
        table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), expand=True)
        for heading in columns:
            table.add_column(heading, no_wrap=True, ratio=1)
        for row in range(5):
            table.add_row(*(self._movies.titles[ids[row]] if row < len(ids) else "" for ids in columns.values()))
        console.print(table, "")

    def _compare(self) -> None:
        _chapter("4  Compare the models on the part of the log that they did not see")
        hrnn, popular = self._metrics("Hrnn"), self._metrics("Popular")
        table = Table("", "hrnn", "popular", "ratio", box=None, padding=(0, 2, 0, 0))
        for label, key in METRICS.items():
            table.add_row(label, f"{hrnn[key]:.4f}", f"{popular[key]:.4f}", f"{hrnn[key] / popular[key]:.1f}")
        console.print(table)
        worse = [label for label, key in METRICS.items() if key != "coverage" and hrnn[key] <= popular[key]]
        if worse:
            raise OperationError(f"hrnn is to beat what is popular, and does not in {', '.join(worse)}")

    def _metrics(self, solution: str) -> dict[str, float]:
        arn = self._recommender.outputs[f"SolutionVersion{solution}Arn"]
        return boto3.client("personalize").get_solution_metrics(solutionVersionArn=arn)["metrics"]

    def _training_seconds(self) -> float:
        """Return how long the trainings took together."""
        personalize = boto3.client("personalize")
        arns = [version["solutionVersionArn"] for version in personalize.list_solution_versions()["solutionVersions"]]
        versions = [personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"] for arn in arns]
        return sum(version["trainingHours"] for version in versions) * 3600

    def _destroy(self) -> None:
        _chapter("5  Tear down")
        with self._step("diff"), console.status("cdk diff"):
            if self._cdk("diff").diff():
                raise OperationError(f"what is deployed differs from the app: {self._log('diff')}")
        console.print(f"cdk diff: no difference ({self._seconds['diff']:.0f} s)")
        with self._step("destroy"), deploy_progress(console, STATE) as follow:
            self._cdk("destroy", follow).destroy()
        console.print(f"cdk destroy: done in {self._seconds['destroy']:.0f} s")
        with self._step("check"):
            remove_bootstrap()
            left = leftovers()
        if left:
            raise OperationError(f"something is left: {', '.join(left)}")
        console.print("nothing is left: no Personalize resource of any kind, no bucket, no stack\n")

    def _explain(self) -> None:
        _chapter("5  It stays up: go on by hand")
        state = STATE.relative_to(ROOT)
        exports = (f"export {name}={shlex.quote(value)}" for name, value in self._cloud.environment().items())
        console.print(f"The local cloud answers at {os.environ['AWS_ENDPOINT_URL']}. In {ROOT}, first:\n")
        console.print(*(f"    {line}" for line in exports), sep="\n", soft_wrap=True)
        console.print(
            f"""
then, for example:

    .venv/bin/python examples/movielens/recommend.py 42
    node_modules/.bin/cdk diff -c config={CONFIG.relative_to(ROOT)}
    node_modules/.bin/cdk destroy --force -c config={CONFIG.relative_to(ROOT)}

and at the end:

    .venv/bin/personalize local down --state {state}
""",
            soft_wrap=True,
        )

    def _sum_up(self) -> None:
        total = sum(self._seconds.values())
        steps = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in self._seconds.items())
        console.print(f"took {total:.0f} s, {self._trained:.0f} s of it training: {steps}", soft_wrap=True)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        """Take the time of a step."""
        began = time.monotonic()
        yield
        self._seconds[name] = time.monotonic() - began

    def _cdk(self, step: str, follow: Callable[[str], None] = lambda line: None) -> Cdk:
        return replace(self._app, log=self._log(step), progress=follow)

    def _log(self, step: str) -> Path:
        return STATE / "logs" / f"{step}.log"


def _chapter(title: str) -> None:
    console.print()
    console.rule(title, align="left")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; leave nothing running unless asked to."""
    parser = argparse.ArgumentParser(description="From raw ratings to recommendations and back to nothing.")
    parser.add_argument("--keep", action="store_true", help="stop before the destroy, and stay up")
    keep = parser.parse_args(arguments).keep
    for ending in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal ends it as Ctrl-C does
        signal.signal(ending, signal.default_int_handler)
    cloud = LocalCloud(STATE)
    runs = False
    try:
        refuse_real_credentials(os.environ)  # before anything of an earlier demo is touched
        cloud.down()
        shutil.rmtree(STATE, ignore_errors=True)
        runs = True
        Demo(cloud).tell(keep=keep)
        runs = not keep
    except (ConfigError, DataPrepError, LocalCloudError, OperationError, BotoCoreError, ClientError) as error:
        console.print(f"demo: {error}", style="red", markup=False, soft_wrap=True)
        console.print(f"logs: {STATE.relative_to(ROOT)}/logs and {STATE.relative_to(ROOT)}/server.log")
        return 1
    except KeyboardInterrupt:
        console.print("demo: interrupted")
        return 130
    finally:
        if runs:
            cloud.down()
    return 0


if __name__ == "__main__":
    sys.exit(main())
