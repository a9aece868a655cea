"""Where things are: the checkout, and the cache outside of it."""

import hashlib
import os
from pathlib import Path

MODULE = "sale_esm"
CHECKOUT = Path(__file__).resolve().parent.parent


def _cache_dir():
    if chosen := os.environ.get("SALE_ESM_CACHE"):
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / MODULE


CACHE = _cache_dir()


def fingerprint(*parts):
    """Short stable hash of texts, for the names of cached things."""
    joined = "\0".join(str(part) for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:10]


# Several checkouts share one cache; what belongs to one of them carries this.
CHECKOUT_ID = fingerprint(CHECKOUT)[:6]
