"""The sandbox of ``./dev demo``, and buyers who do there what buyers do.

Runs in the virtual environment, without Odoo. People, shops and goods are invented.
"""

import itertools
import threading
from collections import Counter
from datetime import timedelta

from sandbox import Sandbox

from .demo_goods import BUNDLES, CATALOGUE, SCARCE, WITHOUT_CODE

ACCOUNT = {
    "master_id": "sample_master",
    # Everybody knows it.
    "secret_key": "sandbox-secret-key-of-nobody-0123456789",  # nosec B105
}
SELLERS = {"gmarket": "mallsample_g", "auction": "mallsample_a"}
SURCHARGES = {"TS-NV-L": 2000}
JEJU = 3000
ISLAND = 5000
# A new basket arrives about this often in the interactive demo.
ARRIVAL_SECONDS = 20
# Open points of the API, set so that the demo shows what can happen.
READINGS = {
    # A changed address shows only after the confirmation, as IsChanged tells.
    "address_change_visible": "after_confirm",
    # Gifts are listed before their receiver has given an address.
    "waiting_gifts_by_payment": True,
}
# A buyer who orders several times.
NEIGHBOUR = {
    "name": "박단골",
    "zip_code": "00404",
    "front": "경기도 가상시 이웃로 44",
    "back": "가상아파트 404동 404호",
}
# Days from the payment to the dispatch deadline.
DUE_DAYS = {"gmarket": 2, "auction": 3}
DAY_MINUTES = 24 * 60
_BY_CODE = {goods.inventory_code or goods.seller_code: goods for goods in CATALOGUE}


# What the merchant once typed into ESM Plus, far from what lies in the warehouse.
TYPED_STOCK = 100
_ITEMS = list(dict.fromkeys(goods.seller_code for goods in CATALOGUE))
_ITEMS += [bundle.seller_code for bundle in BUNDLES]
_UNKNOWN = 90


def number_of(site, seller_code):
    """The site's own number of an item; the options of one item share it."""
    index = _ITEMS.index(seller_code) + 1 if seller_code in _ITEMS else _UNKNOWN
    return f"39{index:08}" if site == "gmarket" else f"F{index:09}"


def on_site(site, item):
    """The item of a basket with the site's own number."""
    return {**item, "site_goods_no": number_of(site, item["seller_code"])}


def goods(code, quantity=1, **values):
    """An item of a basket: the goods with that code."""
    each = _BY_CODE[code]
    item = {"seller_code": each.seller_code, "quantity": quantity, **values}
    if each.inventory_code:
        item["option"] = each.inventory_code
    return item


def bundle(code, quantity=1):
    """An item of a basket: a pack or a set."""
    return {"seller_code": code, "quantity": quantity}


def unknown(code, *, option=""):
    """An item whose code no product in Odoo has yet."""
    item = {
        "seller_code": code,
        "name": "[샘플] 이번 주 신상품",
        "price": 9900,
        "quantity": 1,
    }
    return {**item, "option": (option, f"{code}-1", 0)} if option else item


def wrapping(quantity=1):
    """An add-on item (추가구성): the gift bag."""
    bag = _BY_CODE["BAG-01"]
    return (f"추가구성:{bag.name}", bag.seller_code, bag.price, quantity)


def _choices(text):
    """Name of each choice -> its value, of an option's text."""
    return dict(part.split(":") for part in text.split(", "))


def _option(goods):
    """An option of an item, as the sandbox registers it."""
    return {
        "values": _choices(goods.option),
        "code": goods.inventory_code,
        "qty": TYPED_STOCK,
        "surcharge": SURCHARGES.get(goods.inventory_code, 0),
    }


class Market:
    """A sandbox with both shops, and what happens in it."""

    def __init__(self):
        self.sandbox = Sandbox(strict=READINGS)
        self.sandbox.add_account(
            **ACCOUNT, **{site: [seller] for site, seller in SELLERS.items()}
        )
        self._catalogue = [
            {
                "seller_code": each.seller_code,
                "inventory_code": each.inventory_code or None,
                "option": each.option,
                "name": each.name,
                "price": each.price,
            }
            for each in CATALOGUE
        ]
        self._to_cancel = {}
        self._minutes = 10

    @property
    def url(self):
        return self.sandbox.url

    # --- what is on sale --------------------------------------------------

    def _register(self):
        """Put the goods on sale: each item on both sites, packs and sets on one."""
        for seller_code in dict.fromkeys(goods.seller_code for goods in CATALOGUE):
            parts = [each for each in CATALOGUE if each.seller_code == seller_code]
            options = [_option(each) for each in parts if each.inventory_code]
            if seller_code == WITHOUT_CODE[0]:
                options.append({"values": _choices(WITHOUT_CODE[1]), "qty": 9})
            self.sandbox.add_item(
                parts[0].name,
                parts[0].price,
                seller_code=seller_code,
                stock=TYPED_STOCK,
                options=options,
                per_site=True,
                numbers={site: number_of(site, seller_code) for site in SELLERS},
                **SELLERS,
            )
        for each in BUNDLES:
            self.sandbox.add_item(
                each.name,
                each.price,
                seller_code=each.seller_code,
                stock=TYPED_STOCK,
                numbers={each.site: number_of(each.site, each.seller_code)},
                **{each.site: SELLERS[each.site]},
            )

    def on_sale_text(self):
        """How much buyers can buy now."""
        pieces = Counter()
        for (site, _number, _key), quantity in self.sandbox.on_sale().items():
            pieces[site] += quantity
        return ", ".join(f"{pieces[site]:,} at {site.capitalize()}" for site in SELLERS)

    def buy_up(self):
        """Buyers take the last pieces of one item on both sites, all at once.

        :return: what they took, in words
        """
        bought = []
        for (site, number, _key), pieces in self.sandbox.on_sale().items():
            if pieces and number == number_of(site, SCARCE):
                self.buy(site, goods(SCARCE, pieces), minutes_ago=0)
                bought.append(f"{pieces} at {site.capitalize()}")
        return f"all pieces of {_BY_CODE[SCARCE].name}: {', '.join(bought)}"

    # --- before the shops collect ---------------------------------------

    def buy(self, site, *items, minutes_ago=None, **options):
        """Let a buyer pay a basket; each one some minutes before the last."""
        if minutes_ago is None:
            self._minutes += 13
            minutes_ago = self._minutes
        return self.sandbox.place_basket(
            site,
            SELLERS[site],
            [on_site(site, item) for item in items],
            paid_at=self.sandbox.now() - timedelta(minutes=minutes_ago),
            **options,
        )

    def open(self):
        """Start the sandbox with goods and a morning's orders on both sites."""
        self.sandbox.start()
        self._register()
        for site in SELLERS:
            self._special_baskets(site)
            self.generate(site, orders=22, baskets=13)

    def open_plain(self):
        """Start the sandbox with goods and a few ordinary orders on both sites."""
        self.sandbox.start()
        self._register()
        for site in SELLERS:
            for code in ("TEA-0100", "CUP-05-W", "TOWEL-50"):
                self.buy(site, goods(code), shipping_fee=3000)

    def generate(self, site, orders, baskets, **options):
        self.sandbox.generate(
            site,
            SELLERS[site],
            orders,
            baskets,
            catalog=[on_site(site, item) for item in self._catalogue],
            **options,
        )

    def _special_baskets(self, site):
        """One basket for each thing that the mix may not have."""
        buy = self.buy
        buy(
            site,
            goods("TEA-0100", 2, seller_discount=1290, additions=[wrapping(2)]),
            goods("CUP-05-W", 3),
            goods("TS-NV-L", site_discount=1237),
            shipping_fee=3000,
            memo="문 앞에 놓아주세요",
        )
        # A virtual number (안심번호), not assigned yet.
        buy(
            site,
            goods("RICE-05", 2),
            goods("WASH-11"),
            shipping_fee=2500,
            virtual=True,
            minutes_ago=0,
        )
        buy(site, goods("BOARD-03"), shipping_fee=3000, jeju=JEJU)
        buy(site, goods("TOWEL-50", 2, seller_cash=333), remote=ISLAND)
        buy(site, goods("GIFTSET-7"), shipping_fee=3000, condition="D")
        buy(site, goods("TUM-47-S"), unknown("NEW-01"), shipping_fee=3000)
        buy(site, unknown("NEW-02", option="색상:민트"))
        item, text = WITHOUT_CODE
        buy(site, {"seller_code": item, "option": text, "quantity": 1})
        for each in BUNDLES:
            if each.site == site:
                buy(site, bundle(each.seller_code, 2), shipping_fee=3000)
        buy(site, goods("CUP-05-B"), distribution="TL")
        self._change_of_address(site)
        self._parcels_and_deadlines(site)
        for wish in ("ask", "approved", "withdrawn"):
            [number] = buy(site, goods("WASH-11", 2), shipping_fee=3000)
            self._to_cancel[number] = wish
        # Two orders of one basket, one of which is cancelled after the confirmation.
        _kept, number = buy(
            site, goods("TEA-0100"), goods("CUP-05-W"), shipping_fee=3000
        )
        self._to_cancel[number] = "approved"
        [number] = buy(site, goods("BOARD-03"))
        self.sandbox.cancel(number)  # before the confirmation: gone at once
        if site == "gmarket":
            buy(site, goods("GIFTSET-7"), gift=True)
            [number] = buy(site, goods("GIFTSET-7"), gift=True)
            self.sandbox.accept_gift(number)
            buy(site, goods("TEA-0100"), overseas=True, customs_code="P000000000000")

    def _parcels_and_deadlines(self, site):
        """Baskets for one address, not all for one parcel, and baskets in a hurry."""
        for code in ("TEA-0100", "GIFTSET-7", "WASH-11"):
            self.buy(site, goods(code), shipping_fee=3000, receiver=NEIGHBOUR)
        for days_left in (-1, 0, 1):  # late, today, tomorrow
            self.buy(
                site,
                goods("TUM-47-S"),
                shipping_fee=3000,
                minutes_ago=(DUE_DAYS[site] - days_left) * DAY_MINUTES,
            )
        self.buy(site, goods("TOWEL-50"), shipping_fee=3000, trans_type="A")

    def _change_of_address(self, site):
        numbers = self.buy(site, goods("TS-WH-M"), goods("TOWEL-50"), shipping_fee=3000)
        self.sandbox.change_address(
            numbers[0],
            basket=True,
            zip_code="00777",
            front="부산광역시 가상구 새주소길 7",
            back="7층",
        )

    # --- after the orders are confirmed, before they are shipped ---------

    def change_minds(self):
        """Buyers ask to cancel what is confirmed, and more baskets arrive."""
        for number, wish in self._to_cancel.items():
            self.sandbox.cancel(number, detail="단순변심")
            if wish == "approved":
                self.sandbox.approve_cancel(number)
            elif wish == "withdrawn":
                self.sandbox.withdraw_cancel(number)
        for site in SELLERS:
            self.generate(site, orders=3, baskets=2, seed="later", spread=0)

    # --- the interactive demo --------------------------------------------

    def keep_ordering(self, stopped):
        """New baskets every now and then, the sites in turn, until ``stopped``."""
        threading.Thread(target=self._order, args=(stopped,), daemon=True).start()

    def _order(self, stopped):
        for number, site in enumerate(itertools.cycle(SELLERS)):
            if stopped.wait(ARRIVAL_SECONDS):
                return
            self.generate(
                site, orders=1 + number % 3, baskets=1, seed=f"more {number}", spread=0
            )

    def close(self):
        self.sandbox.stop()
