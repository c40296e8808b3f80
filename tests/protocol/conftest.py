import pytest

from tests.e2e.fixtures import office, own_office, target
from tests.e2e.targets.local import LocalTarget

__all__ = ["office", "own_office", "runtime", "target"]


@pytest.fixture(scope="session")
def runtime() -> str:
    """Frames are made by the same handlers everywhere: one runtime shows them all."""
    return LocalTarget.name
