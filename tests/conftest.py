"""The order of the tests."""


def pytest_collection_modifyitems(items):
    """Begin with the deploys: what takes longest must not be left to one worker in the end."""
    items.sort(key=lambda item: item.get_closest_marker("end_to_end") is None)
