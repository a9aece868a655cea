"""pytest plugin: a test that makes Odoo log a warning or worse has failed.

Warnings a test is about belong into ``assertLogs`` or ``mute_logger``; both keep
them from getting here.
"""

import logging

import pytest


class _Collector(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    collector = _Collector()
    root = logging.getLogger()
    root.addHandler(collector)
    try:
        result = yield
    finally:
        root.removeHandler(collector)
    if collector.messages:
        logged = "\n".join(collector.messages)
        pytest.fail(f"{item.name} logged:\n{logged}", pytrace=False)
    return result
