"""Keeps secrets and personal data out of logs and error texts."""

import logging
import re
from collections.abc import Iterable

MASK = "***"
MAX_LENGTH = 500

_PATTERNS = (
    # Before the JWT pattern: a token behind "Bearer" needs no form.
    (re.compile(r"(?i)\bbearer\s+\S+"), f"Bearer {MASK}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), MASK),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), MASK),
    # Customs clearance code (개인통관고유부호).
    (re.compile(r"\bP\d{12}\b"), MASK),
    # Korean numbers start with 0 or +82, which no order number does.
    (
        re.compile(
            r"(?<![\d.])(?:\+\d{2}[-. )]*\d{1,2}|0\d{1,3})"
            r"[-. )]*\d{3,4}[-. ]?\d{4}(?!\d)"
        ),
        MASK,
    ),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


def redact(text: object, secrets: Iterable[str] = ()) -> str:
    """Return the text on one line without secrets and personal data.

    :param text: anything; it is converted to text and cut at 500 characters
    :param secrets: further values to mask, such as the account's secret key
    """
    result = _CONTROL.sub(" ", str(text)).strip()
    for secret in secrets:
        if secret:
            result = result.replace(secret, MASK)
    for pattern, replacement in _PATTERNS:
        result = pattern.sub(replacement, result)
    if len(result) > MAX_LENGTH:
        result = result[: MAX_LENGTH - 1] + "…"
    return result


class RedactingFilter(logging.Filter):
    """Masks what a careless log line would reveal."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage())
        record.args = ()
        return True


def get_logger(name: str) -> logging.Logger:
    """Return the logger of that name, which redacts every line."""
    logger = logging.getLogger(name)
    if not any(isinstance(item, RedactingFilter) for item in logger.filters):
        logger.addFilter(RedactingFilter())
    return logger
