import logging
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from .booking import (
    Baskets,
    Lines,
    MatchedPart,
    Partners,
    Products,
    addition_parts,
    goods_parts,
)
from .esm_order import RETRY_ERRORS_AFTER
from .jobs import CONFLICTS, describe
from .release_batch import ReleaseBatch
from .utc import naive

_logger = logging.getLogger(__name__)


class EsmOrder(models.Model):
    """From the inbox to sales orders: book, match, release.

    Batch first: what a batch needs is read once, and one `create()` makes all its
    sales orders. When a batch fails it is rolled back and done basket by basket,
    so that only the bad one is set aside.
    """

    _inherit = "esm.order"

    # Rows booked, and sales orders confirmed, in one transaction.
    _BOOK_BATCH = 200
    _RELEASE_BATCH = 100

    def _error_reason(self, error):
        """What went wrong with these orders, for the merchant; the rest is logged."""
        if isinstance(error, UserError):
            return str(error)
        # The text of other errors may hold personal data: only where it was.
        _logger.error(
            "Basket %s of shop %s is set aside: %s",
            self[:1].pay_no,
            self.shop_id.id,
            describe(error),
        )
        return self.env._(
            "An unexpected error (%(kind)s); the server's log says where.",
            kind=type(error).__name__,
        )

    def _error_text(self, reason):
        """Why these orders were set aside, and that they are tried again."""
        return self.env._(
            "Basket %(basket)s could not be processed: %(reason)s It is tried again "
            "every hour, or press Retry.",
            basket=self[:1].pay_no,
            reason=reason,
        )

    # ------------------------------------------------------------------
    # Book
    # ------------------------------------------------------------------

    @api.model
    def _book_waiting(self, shop):
        """Make sales orders of the stored orders of `shop` that are due.

        Commits after each batch.

        :param shop: `esm.shop` record
        :return: number of orders booked
        """
        domain = (
            Domain("shop_id", "=", shop.id)
            & Domain("state", "=", "received")
            & (
                Domain("market_status", "in", ("new", "preparing"))
                # Entered by hand: in delivery already.
                | Domain("origin", "!=", "collected")
            )
            & Domain("problem", "in", (False, "error"))
            & self._waiting_domain()
        )
        if shop.auto_acknowledge:
            # Until it is confirmed, a buyer may still change the address. The rest of
            # its basket waits for it: they are one sale and one parcel.
            domain &= Domain("acknowledged", "=", True)
            unconfirmed = self.search(self._awaited_domain(shop))
            domain &= Domain("pay_no", "not in", unconfirmed.mapped("pay_no"))
        obstacle = shop._books_obstacle()
        if obstacle:
            self._hold_all(shop, self.search(domain), obstacle)
            return 0
        booked, last_id = 0, 0
        while rows := self.search(
            domain & Domain("id", ">", last_id), order="id", limit=self._BOOK_BATCH
        ):
            last_id = rows[-1].id
            # The rest of their baskets belongs into the same transaction.
            rows |= self.search(domain & Domain("pay_no", "in", rows.mapped("pay_no")))
            booked += self._isolate(shop, rows, lambda part: part._book())
            if not self._goes_on(shop):
                break
        return booked

    @api.model
    def _hold_all(self, shop, rows, reason):
        """Set orders aside for a reason that they share.

        :param shop: `esm.shop` record
        :param rows: `esm.order` recordset
        :param reason: translated text
        """

        def hold():
            for basket in rows.grouped("pay_no").values():
                basket._set_problem(
                    "error",
                    basket._error_text(reason),
                    fields.Datetime.now() + RETRY_ERRORS_AFTER,
                )

        if rows:
            shop._transact(hold)

    @api.model
    def _awaited_domain(self, shop):
        """Orders of `shop` that are about to be confirmed at the marketplace."""
        return [
            ("shop_id", "=", shop.id),
            ("market_status", "=", "new"),
            ("state", "=", "received"),
            ("acknowledged", "=", False),
            ("problem", "=", False),
        ]

    def _goes_on(self, shop):
        """Whether time is left; if not, the rest goes on in a run of its own."""
        if shop._time_left():
            return True
        self.env.ref("sale_esm.ir_cron_process")._trigger()
        return False

    def _isolate(self, shop, rows, work, goods=False):
        """Run `work` on all rows at once; if that fails, basket by basket.

        Small steps also get through where others work on the same goods: a batch
        loses against each delivery that is validated meanwhile.

        :param shop: `esm.shop` record
        :param rows: `esm.order` recordset of whole baskets
        :param work: callable that takes a recordset and returns a number
        :param bool goods: see `_transact`
        :return: sum of what `work` returned
        """
        try:
            return shop._transact(lambda: work(rows), attempts=3, goods=goods)
        except Exception:
            shop._rollback()
            _logger.info("A batch of shop %s failed, going one by one", shop.id)
        done = 0
        for basket in rows.grouped("pay_no").values():
            try:
                done += shop._transact(lambda part=basket: work(part), goods=goods)
            except CONFLICTS:
                _logger.info("Basket %s waits for the next run", basket[:1].pay_no)
            except Exception as error:
                shop._rollback()
                text = basket._error_text(basket._error_reason(error))
                shop._transact(
                    lambda basket=basket, text=text: basket._set_problem(
                        "error", text, fields.Datetime.now() + RETRY_ERRORS_AFTER
                    )
                )
        return done

    def _book(self):
        """Book these orders; does not commit.

        :return: number of orders booked
        """
        rows = self.try_lock_for_update()
        rows.invalidate_recordset()
        rows = rows.filtered(lambda row: row.state == "received")
        if not rows:
            return 0
        parsed = {row: row._parsed() for row in rows}
        without_address = rows.filtered(
            lambda row: parsed[row].gift_waiting or not parsed[row].has_destination
        )
        for row in without_address:
            row._set_problem("address", row._address_problem_text())
        rows -= without_address
        if not rows:
            return 0
        shop = rows.shop_id
        baskets = Baskets(self.env, shop, rows, parsed)
        new_values, additions = [], []
        for key, group in rows.grouped(lambda row: row._basket_key()).items():
            order = baskets.existing_order(key, group[0].pay_no)
            lines = baskets.prepare_lines(group, order)
            if order:
                additions.append((order, group, lines))
            else:
                new_values.append((key, group, lines))
        SaleOrder = self.env["sale.order"]
        orders = SaleOrder.with_context(esm_batch=ReleaseBatch()).create(
            [
                baskets.prepare_order_values(key, group, lines)
                for key, group, lines in new_values
            ]
        )
        orders = orders.with_env(self.env)
        for order, (_key, group, _lines) in zip(orders, new_values, strict=True):
            group.write({"state": "booked", "sale_order_id": order.id})
        for order, group, lines in additions:
            order.with_context(sale_no_log_for_new_lines=True).write(
                {"order_line": [Command.create(line) for line in lines]}
            )
            group.write(
                {
                    "state": "released" if order.state == "sale" else "booked",
                    "sale_order_id": order.id,
                }
            )
            orders |= order
        orders._esm_review(parsed)
        return len(rows)

    def _address_problem_text(self):
        if self.is_gift:
            return self.env._(
                "Order %(order)s is a gift that the receiver has not accepted yet. "
                "Nothing to do: the address comes with the acceptance.",
                order=self.order_no,
            )
        return self.env._(
            "Order %(order)s has no delivery address yet, or no name to write on the "
            "parcel. It is read again by itself; if it stays like this, look at it in "
            "ESM Plus.",
            order=self.order_no,
        )

    # ------------------------------------------------------------------
    # Match: orders that wait for a code
    # ------------------------------------------------------------------

    @api.model
    def _match_waiting(self, shop):
        """Match the orders of `shop` whose code may be known by now.

        :param shop: `esm.shop` record
        """
        rows = self.search(
            [
                ("shop_id", "=", shop.id),
                ("state", "=", "booked"),
                ("problem", "=", "unmatched"),
                ("next_try_at", "<=", fields.Datetime.now()),
            ]
        )
        if rows:
            self._isolate(shop, rows, lambda part: part._match())

    def _match(self):
        """Replace stand-in products by those whose code is known now.

        :return: number of orders looked at
        """
        rows = self.try_lock_for_update()
        rows.invalidate_recordset()
        stand_in = self.env.ref("sale_esm.product_unmatched")
        for row, part in rows._matched_parts():
            if part.lines.product_id == stand_in:
                row._replace_goods(part)
        rows.write({"next_try_at": False})
        rows.sale_order_id._esm_review()
        return len(rows)

    def _matched_parts(self):
        """What each part of these orders is by today's matches, beside its lines.

        :return: iterator over (order, `MatchedPart`); parts that nobody knows are left
            out
        """
        parsed = {row: row._parsed() for row in self}
        for shop, rows in self.grouped("shop_id").items():
            products = Products(self.env, shop, [parsed[row] for row in rows])
            for row in rows:
                order = parsed[row]
                parts = {"item": goods_parts(order), "addition": addition_parts(order)}
                sold = row.sale_line_ids.filtered(lambda line: line.product_uom_qty)
                for (kind, index), lines in sold.grouped(
                    lambda line: (line.esm_kind, line.esm_part)
                ).items():
                    # ESM may have changed the order since.
                    part = dict(enumerate(parts.get(kind, []))).get(index)
                    match = part and products.find(order, part)
                    if match:
                        yield row, MatchedPart(lines, part, match)

    def action_match_listing(self):
        """Open the dialog that matches the goods this order waits for."""
        self.ensure_one()
        options = self.env["esm.listing.option"].search(
            [
                ("shop_id", "=", self.shop_id.id),
                ("listing_id.site_goods_no", "=", self.goods_no),
                ("match_method", "=", False),
            ]
        )
        parts = goods_parts(self._parsed())
        chosen = options.filtered(lambda o: any(map(o._is_chosen_by, parts)))
        if chosen:
            return chosen[0].action_match()
        # Not read yet, or an item that ESM's search does not have.
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_esm.esm_listing_add_action"
        )
        action["context"] = {
            "default_shop_id": self.shop_id.id,
            "default_numbers": self.goods_no,
        }
        return action

    def _mismatched(self):
        """Those of these orders whose lines are not what today's matches say."""
        return self.browse().union(
            *(row for row, part in self._matched_parts() if part.goods != part.sold)
        )

    def _rematch(self):
        """Put on the lines of these orders what today's matches say.

        :return: the orders that stay as they are, because goods have left or are
            invoiced
        """
        rows = self.try_lock_for_update()
        rows.invalidate_recordset()
        left = self - rows
        for row, part in rows._matched_parts():
            if part.goods == part.sold:
                continue
            if any(part.lines.mapped("qty_delivered")) or any(
                part.lines.mapped("qty_invoiced")
            ):
                left |= row
                continue
            row._replace_goods(part)
        rows.sale_order_id._esm_review()
        return left

    def _rematch_text(self, left):
        """What became of these orders when their goods were matched again.

        :param left: those that stay as they are
        """
        texts = []
        if self - left:
            texts.append(
                self.env._(
                    "Matched again: %(orders)s.",
                    orders=", ".join((self - left).mapped("order_no")),
                )
            )
        if left:
            texts.append(
                self.env._(
                    "The goods of these orders stay as they are, because they have "
                    "left or are invoiced: %(orders)s.",
                    orders=", ".join(left.mapped("order_no")),
                )
            )
        return "\n".join(texts)

    def _replace_goods(self, part):
        """Sell the goods of a match instead of those on the lines, for the same amount.

        :param part: `MatchedPart` of this order
        """
        order, first = self.sale_order_id, part.lines[0]
        amount = Decimal(str(sum(part.lines.mapped("esm_total"))))
        origin = {
            name: first[name] for name in ("esm_part", "esm_code_kind", "esm_code")
        }
        # The name stays what the buyer bought.
        values = [
            {**line, **origin, "order_id": order.id}
            for line in Lines(self.env, self.shop_id).prepare_match_lines(
                self, first.esm_kind, part.match, part.ordered, first.name, amount
            )
        ]
        if order.state in ("draft", "sent"):
            (part.lines - first).unlink()
            now = values.pop(0)
            kept = ("product_id", "name", "product_uom_qty", "esm_total")
            # Taxes and unit price follow the product.
            first.write({name: now[name] for name in (*kept, "esm_matched_by")})
            self.env["sale.order.line"].create(values)
            return
        order._esm_take_off(part.lines)
        locked = order.locked
        order.locked = False
        self.env["sale.order.line"].create(values)
        order.locked = locked
        order.message_post(
            body=self.env._(
                "The goods of marketplace order %(order)s were matched again: "
                "%(goods)s leaves the warehouse instead of %(before)s.",
                order=self.order_no,
                goods=", ".join(product.display_name for product, _q in part.goods),
                before=", ".join(part.lines.product_id.mapped("display_name")),
            )
        )

    # ------------------------------------------------------------------
    # Release
    # ------------------------------------------------------------------

    @api.model
    def _release_waiting(self, shop):
        """Confirm the sales orders of `shop` that nothing speaks against.

        Commits after each batch.

        :param shop: `esm.shop` record
        :return: number of sales orders confirmed
        """
        if not shop.auto_release:
            return 0
        failed = self.search(
            [
                ("shop_id", "=", shop.id),
                ("state", "=", "booked"),
                ("problem", "=", "error"),
                ("next_try_at", "<=", fields.Datetime.now()),
            ]
        )
        if failed:
            shop._transact(failed._clear_problem)
        live = Domain("state", "!=", "cancelled")
        domain = (
            Domain("esm_shop_id", "=", shop.id)
            & Domain("state", "in", ("draft", "sent"))
            & Domain("esm_order_ids", "any", Domain("state", "=", "booked"))
            & Domain("esm_order_ids", "not any", live & Domain("problem", "!=", False))
            & Domain(
                "esm_order_ids", "not any", live & Domain("acknowledged", "=", False)
            )
        )
        released, last_id = 0, 0
        while orders := self.env["sale.order"].search(
            domain & Domain("id", ">", last_id), order="id", limit=self._RELEASE_BATCH
        ):
            last_id = orders[-1].id
            released += self._isolate(
                shop, orders.esm_order_ids, lambda part: part._release(), goods=True
            )
            if not self._goes_on(shop):
                break
        return released

    def _release(self):
        """Confirm the sales orders of these rows; does not commit.

        :return: number of sales orders confirmed
        """
        rows = self.try_lock_for_update()
        rows.invalidate_recordset()
        orders = rows.sale_order_id.filtered(
            lambda order: (
                order.state in ("draft", "sent")
                and not any(
                    row.problem and row.state != "cancelled"
                    for row in order.esm_order_ids
                )
            )
        )
        if orders:
            orders.with_context(esm_batch=ReleaseBatch()).action_confirm()
        return len(orders)

    # ------------------------------------------------------------------
    # Refresh: what ESM tells later about a booked order
    # ------------------------------------------------------------------

    def _refresh_sale_order(self, order, before):
        """Take over to the sales order what was missing or changed.

        :param order: `esm_api.Order` as it reads now
        :param before: the same as it read before, or None if the address is the same
        """
        self.ensure_one()
        sale_order = self.sale_order_id
        due = naive(order.due_at)
        if due and sale_order.commitment_date != due and self.state != "shipped":
            dues = [row.due_at for row in sale_order.esm_order_ids if row.due_at]
            if sale_order.commitment_date != min(dues):
                sale_order.commitment_date = min(dues)
        buyer_phone = order.buyer_mobile or order.buyer_phone
        if buyer_phone and not sale_order.partner_id.phone:
            sale_order.partner_id.phone = buyer_phone
        if before is None:
            return
        old = sale_order.partner_shipping_id
        phone = order.receiver_mobile or order.receiver_phone
        had_phone = before.receiver_mobile or before.receiver_phone
        assigned = (order.receiver_mobile and not before.receiver_mobile) or (
            phone and not had_phone
        )
        if before.address_key == order.address_key and assigned:
            # The number that was not assigned yet: the contact was made without, or
            # with the other telephone only.
            old.write({"phone": phone, "esm_address_key": self.address_key})
            return
        if self.state in ("shipped", "sent"):
            self._set_problem(
                "address_changed",
                self.env._(
                    "The buyer changed the address of order %(order)s, but the parcel "
                    "has left. Tell the courier, or call the buyer.",
                    order=self.order_no,
                ),
            )
            return
        if any(
            row.destination_key != self.destination_key and row.state != "cancelled"
            for row in sale_order.esm_order_ids
        ):
            if not sale_order._esm_part_from(self):
                self._set_problem(
                    "address_changed",
                    self.env._(
                        "The buyer wants order %(order)s sent to another address than "
                        "the rest of its sales order. It is invoiced or delivered in "
                        "part already: look the address up in ESM Plus and send it "
                        "there by hand.",
                        order=self.order_no,
                    ),
                )
            return
        _buyer, receiver = Partners(self.env, self.shop_id, [order]).of(order)
        if receiver != old:
            sale_order.with_context(
                update_delivery_shipping_partner=True
            ).partner_shipping_id = receiver
            sale_order.message_post(
                body=self.env._(
                    "The buyer changed the delivery address of order %(order)s.",
                    order=self.order_no,
                )
            )
        # Late orders of the basket that go there join this sales order.
        key = self._basket_key()
        taken = self.env["sale.order"].search_count(
            [("esm_basket_key", "=like", f"{key}%"), ("id", "!=", sale_order.id)]
        )
        sale_order.esm_basket_key = f"{key}#{self.order_no}" if taken else key

    def _basket_key(self):
        """Shop, basket and destination: one sales order."""
        return f"{self.shop_id.id}:{self.pay_no}:{self.destination_key}"
