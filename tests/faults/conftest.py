from tests.e2e.fixtures import office, own_office, target

__all__ = ["office", "own_office", "target"]
