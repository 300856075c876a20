from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from service.settings import environment_of_workers

os.environ.update(environment_of_workers())  # before numpy is loaded: one thread a process, as in the workers, is six times as cheap


@pytest.fixture(scope="session", autouse=True)
def no_workers() -> Iterator[None]:
    """Extract in the tests' own process, whose models are loaded once; tests of the workers say how many they want."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VEILLE_WORKERS", "0")
        yield
