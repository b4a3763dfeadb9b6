"""A configuration in a folder of its own."""

from pathlib import Path
from textwrap import dedent

import pytest

from personalize_stack.config.errors import ConfigError
from personalize_stack.config.load import load

MINIMAL = """\
project: films
datasets:
  interactions:
    source: ratings.csv
    columns: {USER_ID: user, ITEM_ID: film, TIMESTAMP: at, EVENT_TYPE: {value: rating}, EVENT_VALUE: stars}
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write films.yaml and return its path, as someone in its folder would give it."""
    monkeypatch.chdir(tmp_path)

    def write(text):
        Path("films.yaml").write_text(text, encoding="utf-8")
        return Path("films.yaml")

    return write


@pytest.fixture
def project(write):
    """Load what MINIMAL and some more lines declare."""
    return lambda more="", environment="dev": load(write(MINIMAL + dedent(more)), environment)


@pytest.fixture
def problems(write):
    """Return the lines of the error that a text gives."""

    def problems(text, environment="dev"):
        with pytest.raises(ConfigError) as refused:
            load(write(dedent(text)), environment)
        return str(refused.value).splitlines()

    return problems


@pytest.fixture
def problems_of(problems):
    """Return the lines of the error that MINIMAL and some more lines give. The first of these is line 6."""
    return lambda more, environment="dev": problems(MINIMAL + dedent(more), environment)
