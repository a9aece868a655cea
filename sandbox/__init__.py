"""A local ESM: a server that speaks the ESM Trading API of Gmarket and Auction.

    from sandbox import Sandbox

    sb = Sandbox(orders_interval=0)
    sb.add_account("master", "secret", gmarket=["mallsample_g"])
    with sb:                                    # listens on 127.0.0.1, sb.url
        [number] = sb.place_basket("gmarket", "mallsample_g", [
            dict(site_goods_no="3900000001", seller_code="TEA-0100", name="보리차",
                 price=12900)], shipping_fee=3000)
        ...                                     # a client works against sb.url
        sb.orders[number].state                 # "new", "preparing", "in_delivery",
                                                # "delivered", "decided"
        sb.orders[number].claim                 # None, "cancel_requested",
                                                # "cancel_done", "return_requested", ...
        sb.orders[number].confirmations         # times OrderCheck took effect
        sb.orders[number].invoices              # (courier code, number, time), one for
                                                # each ShippingInfo that took effect
        item = sb.add_item("머그컵", 5500, gmarket="mallsample_g", seller_code="CUP-05",
            options=[dict(values={"색상": "화이트"}, code="CUP-05-W", qty=10)])
        sb.place_basket("gmarket", "mallsample_g", [dict(
            site_goods_no=item.numbers["gmarket"], option="CUP-05-W", quantity=2)])
        sb.on_sale()                            # what buyers could buy now

It enforces what the pages of etapi.gmarket.com say ESM enforces: token, permissions,
seller scoping, rate buckets, windows, states, exact texts. Where the pages are silent a
plausible reading is in force and the others can be chosen: ``sandbox.strict`` lists
them. ``sandbox.faults`` lists what can go wrong on demand, ``sandbox.control`` the
endpoints for other processes. Standard library only, so that it shares no mistake with
a client. All people in it are invented.

From the command line: ``python -m sandbox --demo`` (see ``--help``).
"""

from .app import ALL_PERMISSIONS, DEFAULT_PERMISSIONS
from .catalog import SoldOut
from .lifecycle import NotPossible, Refused
from .simulator import Sandbox
from .strict import Strict

__all__ = [
    "ALL_PERMISSIONS",
    "DEFAULT_PERMISSIONS",
    "NotPossible",
    "Refused",
    "Sandbox",
    "SoldOut",
    "Strict",
]
