from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.settings import extract_here

extract_here()


@pytest.fixture(scope="session", autouse=True)
def no_workers() -> Iterator[None]:
    """Extract in the tests' own process, whose models are loaded once; tests of the workers say how many they want."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VEILLE_WORKERS", "0")
        yield
