"""What can go wrong with the local cloud; the simulated service's own errors are in `service/errors.py`."""


class LocalCloudError(Exception):
    """The local cloud cannot be started, stopped or reached; the message says what to do."""
