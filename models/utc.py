"""Odoo stores naive UTC datetimes, `esm_api` speaks aware ones."""

from datetime import timezone


def aware(value):
    """A datetime of an Odoo field as an aware UTC datetime; None stays None."""
    return value.replace(tzinfo=timezone.utc) if value else None


def naive(value):
    """An aware datetime as an Odoo field keeps it; None becomes False."""
    if not value:
        return False
    return value.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)
