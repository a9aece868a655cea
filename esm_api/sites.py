"""The two marketplaces and ESM's code systems for them (fact sheet 2.7).

Sources: etapi.gmarket.com/pages/API-가이드 (token), /67 (orders), /50 (cancels).
"""

import enum
import re
from typing import Any


class Site(enum.Enum):
    """A marketplace."""

    AUCTION = "auction"
    GMARKET = "gmarket"

    @property
    def order_code(self) -> int:
        """``siteType`` of order calls and of claim actions, ``siteId`` of items."""
        return 1 if self is Site.AUCTION else 2

    @property
    def cancel_code(self) -> int:
        """``SiteType`` of the cancel list (page 50).

        There Gmarket is 3; with 2 ESM answers success and no row, silently.
        """
        return 1 if self is Site.AUCTION else 3

    @property
    def token_prefix(self) -> str:
        """Prefix of the seller ID in the token's ``ssi``."""
        return "A" if self is Site.AUCTION else "G"

    @property
    def item_key(self) -> str:
        """Key of a site's value in item calls; answers spell it in any case."""
        return "iac" if self is Site.AUCTION else "gmkt"

    def has_goods_no(self, number: str) -> bool:
        """Whether a number looks like one of this site's items: digits, on Auction
        behind a letter (page 30)."""
        letter = "[A-Za-z]" if self is Site.AUCTION else ""
        return bool(re.fullmatch(rf"{letter}[0-9]+", number))

    @classmethod
    def from_code(cls, value: Any) -> "Site | None":
        """Return the site of a ``SiteType`` in an answer, or None.

        2 was "Gmarket and G9", 3 is Gmarket, 4 was G9: all mean Gmarket today.
        """
        code = str(value).strip()
        if code == "1":
            return cls.AUCTION
        return cls.GMARKET if code in ("2", "3", "4") else None
