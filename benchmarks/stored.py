"""Shops that have been running for a quarter; made with SQL, for there is much of it.

One record of each kind is made, or handed in, and copied.
"""

from benchmarks.stock import copy_rows

DAYS = 90
LISTINGS_PER_SHOP = 100


class StoredShops:
    """Shops with so many orders, messages, deliveries and listings.

    Busy shops have work of all kinds in the orders of the last two days; of the others
    everything is done.
    """

    def __init__(self, env, account, name, shops, orders, *, busy=True, **values):
        """
        :param name: what tells these shops and orders from others; a digit
        :param int shops: how many
        :param int orders: of all of them together
        :param bool busy: see above
        :param values: further fields of the shops
        """
        self.name = name
        self.orders = orders
        self.sellers = [f"dash{name}n{number}" for number in range(shops)]
        self._recent = f"copy < {orders} * 2 / {DAYS}" if busy else "FALSE"
        self._busy = busy
        records = env["esm.shop"].create(
            [
                {
                    "account_id": account.id,
                    "site": "gmarket",
                    "seller_id": seller,
                    "connection_state": "connected",
                    **values,
                }
                for seller in self.sellers
            ]
        )
        self.ids = records.ids
        self._any_shop = f"(ARRAY{self.ids})[1 + mod(copy, {shops})]"
        self._age = f"copy::float / {max(orders, 1)} * interval '{DAYS} days'"

    def copy_orders(self, env, order, **columns):
        """Copy an order of the inbox; returns the IDs.

        :param order: `esm.order` record
        :param columns: SQL of further columns
        """
        recent, age = self._recent, self._age
        return copy_rows(
            env,
            "esm_order",
            order.id,
            self.orders,
            shop_id=self._any_shop,
            order_no=f"({self.name}000000000 + copy)::text",
            paid_at=f"now() AT TIME ZONE 'UTC' - {age}",
            due_at=f"now() AT TIME ZONE 'UTC' + interval '1 day' - {age}",
            state=f"""CASE WHEN NOT {recent} THEN 'sent' WHEN mod(copy, 3) = 0
                           THEN 'booked' ELSE 'released' END""",
            market_status=f"""CASE WHEN NOT {recent} THEN 'decided'
                                   WHEN mod(copy, 3) = 0 THEN 'new'
                                   ELSE 'preparing' END""",
            problem=f"CASE WHEN {recent} AND mod(copy, 7) = 0 THEN 'unmatched' END",
            cancel_requested=f"{recent} AND mod(copy, 11) = 0",
            **columns,
        )

    def copy_messages(self, env, message, order_ids, **columns):
        """Copy a message about an order for each of the orders.

        :param message: `esm.outbox` record
        :param order_ids: what `copy_orders` returned
        :param columns: SQL of further columns
        """
        if self._busy:
            columns["state"] = """CASE mod(copy, 499) WHEN 0 THEN 'waiting'
                                  WHEN 1 THEN 'refused' ELSE 'sent' END"""
        copy_rows(
            env,
            "esm_outbox",
            message.id,
            len(order_ids),
            shop_id=self._any_shop,
            order_id=f"{order_ids[0]} + copy - 1",
            **columns,
        )

    def copy_deliveries(self, env, picking, **columns):
        """Copy a delivery for each order; returns the IDs.

        :param picking: `stock.picking` record
        :param columns: SQL of further columns
        """
        return copy_rows(
            env,
            "stock_picking",
            picking.id,
            self.orders,
            esm_shop_id=self._any_shop,
            name=f"'DASH{self.name}/' || copy",
            state=f"CASE WHEN {self._recent} THEN 'assigned' ELSE 'done' END",
            **columns,
        )

    def make_listings(self, env):
        """Give each shop its listings, with an option and a message each."""
        listing = env["esm.listing"].create(
            {
                "shop_id": self.ids[0],
                "site_goods_no": f"{self.name}0000000",
                "name": "[샘플]",
            }
        )
        option = env["esm.listing.option"].create(
            {"listing_id": listing.id, "name": "[샘플]", "match_method": "manual"}
        )
        message = env["esm.outbox"].create(
            {"listing_id": listing.id, "action": "stock", "state": "sent"}
        )
        env.flush_all()
        count = len(self.ids) * LISTINGS_PER_SHOP
        numbers = {"shop_id": self._any_shop}
        listings = copy_rows(
            env,
            "esm_listing",
            listing.id,
            count,
            site_goods_no=f"({self.name}0000000 + copy)::text",
            **numbers,
        )
        numbers["listing_id"] = f"{listings[0]} + copy - 1"
        unmatched = waiting = "FALSE"
        if self._busy:
            unmatched, waiting = "mod(copy, 19) = 0", "mod(copy, 47) = 0"
        copy_rows(
            env,
            "esm_listing_option",
            option.id,
            count,
            match_method=f"CASE WHEN NOT {unmatched} THEN 'manual' END",
            **numbers,
        )
        copy_rows(
            env,
            "esm_outbox",
            message.id,
            count,
            state=f"CASE WHEN {waiting} THEN 'waiting' ELSE 'sent' END",
            **numbers,
        )
