"""From rows of a courier's file to tracking numbers of deliveries."""

import re
from collections import defaultdict

from odoo.tools import split_every

from . import tracking_columns
from .delivery_carrier_number import courier_key
from .import_rows import ImportRow, ImportRows, titles_for

# Orders and deliveries looked up at a time.
_BATCH = 1000
# No courier's number is longer.
_LONGEST_NUMBER = 30


class TrackingRow(ImportRow):
    """One row: which delivery it means, and what it would get."""

    def __init__(self, number, given):
        super().__init__(number, given)
        self.picking = None
        self.tracking_no = ""
        self.old_tracking_no = ""
        self.carrier = None


class TrackingRows(ImportRows):
    """The rows of one file; a delivery may have one for each of its orders."""

    row_class = TrackingRow

    def __init__(self, record, letters):
        """
        :param record: `esm.tracking.import` in the environment of the user who imports
        :param letters: key -> letter of its column in the file
        """
        titles = titles_for(tracking_columns.TITLES, record.env.lang)
        super().__init__(record.env, titles, letters)
        self._company = record.company_id
        self._shop = record.shop_id
        self._carrier = record.carrier_id
        self._orders = {}
        self._deliveries = {}
        self._carriers = {}

    def prepare_line_values(self, row):
        """Values of `esm.tracking.import.line` for a row.

        They are taken between commits, which empty the cache: nothing is read here.
        """
        return {
            "order_no": row.given.get("order"),
            "picking_id": row.picking and row.picking.id,
            "tracking_no": row.changes.get("carrier_tracking_ref", row.tracking_no),
            "old_tracking_no": row.old_tracking_no,
            "carrier_id": row.carrier and row.carrier.id,
        }

    # --- find the deliveries ----------------------------------------------------

    def look_up(self):
        """Look up orders, deliveries and couriers of all rows."""
        texts = {row.given["order"] for row in self.rows if row.given.get("order")}
        numbers = {
            number
            for text in texts
            for whole, parts in _order_numbers(text)
            for number in (whole, *parts)
        }
        names = {
            row.given["delivery"] for row in self.rows if row.given.get("delivery")
        }
        # sudo: that an order is known, but of another company, has to be said
        orders = self._env["esm.order"].sudo()
        for batch in split_every(_BATCH, numbers, list):
            found = orders.search([("order_no", "in", batch)])
            self._read_together(found.sale_line_ids.move_ids.picking_id)
            # Records as they come from the search: they are read together.
            for order in found:
                self._orders.setdefault(order.order_no, []).append(order)
        pickings = self._env["stock.picking"]
        for batch in split_every(_BATCH, names, list):
            found = pickings.search(
                [("name", "in", batch), ("company_id", "=", self._company.id)]
            )
            self._read_together(found.sudo())
            self._deliveries.update(found.grouped("name"))
        if any(row.given.get("courier") for row in self.rows):
            self._carriers = self._env["delivery.carrier"]._esm_by_name(self._company)
        for row in self.rows:
            self._find(row)

    @staticmethod
    def _read_together(pickings):
        """Read what the checks need of these deliveries; alone, they read it each."""
        pickings.partner_id.mapped("name")
        pickings.esm_bundle_id.picking_ids.mapped("name")
        pickings.mapped("esm_stop_text")

    def _find(self, row):
        """Find the delivery that every filled key of a row fits to."""
        if row.problems.keys() & set(tracking_columns.KEYS):
            return
        name, order_text = row.given.get("delivery"), row.given.get("order")
        if not name and not order_text:
            row.refuse(
                "order",
                self._env._(
                    "the row names no order and no delivery. Fill in one of them."
                ),
            )
            return
        picking = None
        if name:
            picking = self._deliveries.get(name)
            if not picking:
                row.refuse(
                    "delivery",
                    self._env._(
                        "%(company)s has no delivery %(name)s.",
                        company=self._company.name,
                        name=name,
                    ),
                )
                return
        for number in self._named_orders(order_text):
            found = self._delivery_of_order(row, number, picking)
            if found is None:
                return
            if picking and found != picking:
                row.refuse(
                    "order",
                    self._env._(
                        "order %(order)s is not in delivery %(delivery)s.",
                        order=number,
                        delivery=picking.name,
                    ),
                )
                return
            picking = found
        row.picking = picking

    def _named_orders(self, text):
        """The order numbers that a cell names; what is no number is named as it is."""
        numbers = []
        for whole, parts in _order_numbers(text):
            numbers += [whole] if whole in self._orders else parts
        return numbers or ([text] if text else [])

    def _delivery_of_order(self, row, number, named):
        """The delivery that an order number means, or None with the reason said.

        :param named: the delivery that the row names, or None
        """
        order = self._order(row, number)
        if order is None:
            return None
        pickings = order.sale_line_ids.move_ids.filtered(
            lambda move: move.state != "cancel"
        ).picking_id.filtered(lambda picking: picking._esm_is_delivery())
        pickings = pickings.with_env(self._env)
        if named and named in pickings:
            return named
        # Of an order in several parcels, what waits is meant, unless it is the row of
        # a parcel that has left.
        given = _cleaned(row.given.get("number"))
        told = pickings.filtered(lambda p: given and given in p._esm_tracking_numbers())
        waiting = pickings.filtered(lambda p: p.state != "done")
        candidates = told[:1] or waiting or pickings
        if len(candidates) == 1:
            return candidates
        if candidates:
            text = self._env._(
                "order %(order)s is in several deliveries: %(deliveries)s. Fill in "
                "which one is meant.",
                order=number,
                deliveries=", ".join(candidates.mapped("name")),
            )
        else:
            text = order._stop_text() or self._env._(
                "order %(order)s has no delivery yet. %(why)s",
                order=number,
                why=order.problem_text or self._env._("Confirm its sales order first."),
            )
        row.refuse("order", text)
        return None

    def _order(self, row, number):
        """The order of a number, or None with the reason said."""
        orders = self._orders.get(number)
        if not orders:
            text = self._env._("no order %(order)s is known.", order=number)
            if "order" in row.numeric:
                text += " " + self._env._(
                    "It is a number in the file: zeros in front of it may be lost."
                )
            row.refuse("order", text)
            return None
        ours = [order for order in orders if order.company_id.id == self._company.id]
        if not ours:
            row.refuse(
                "order",
                self._env._(
                    "order %(order)s belongs to another company. Import it there.",
                    order=number,
                ),
            )
            return None
        if self._shop:
            other = ours
            ours = [order for order in ours if order.shop_id.id == self._shop.id]
            if not ours:
                row.refuse(
                    "order",
                    self._env._(
                        "order %(order)s belongs to %(other)s, not to %(shop)s.",
                        order=number,
                        other=other[0].shop_id.name,
                        shop=self._shop.name,
                    ),
                )
                return None
        if len(ours) > 1:
            row.refuse(
                "order",
                self._env._(
                    "order %(order)s exists at %(shops)s. Choose the shop of the file.",
                    order=number,
                    shops=", ".join(order.shop_id.name for order in ours),
                ),
            )
            return None
        return ours[0]

    # --- check --------------------------------------------------------------------

    def check(self):
        """Find out what would change, and what speaks against it."""
        for row in self.rows:
            self._check_number(row)
            if row.picking:
                row.old_tracking_no = row.picking.carrier_tracking_ref
                self._check_carrier(row)
                problem = row.picking._esm_number_problem(row.tracking_no)
                if problem and "number" not in row.problems:
                    row.refuse(*problem)
        self._check_twice()
        self._check_shared()
        for row in self.rows:
            if row.picking and not row.problems:
                self._note_warnings(row)

    def _check_number(self, row):
        given = row.given.get("number")
        row.tracking_no = _cleaned(given)
        if "number" in row.problems:
            return
        if not given:
            row.refuse("number", self._env._("the row has no tracking number."))
        elif not row.tracking_no or not re.fullmatch("[0-9A-Za-z]+", row.tracking_no):
            row.refuse(
                "number",
                self._env._(
                    "%(number)s is no tracking number: only letters and digits are.",
                    number=given,
                ),
            )
        elif len(row.tracking_no) > _LONGEST_NUMBER:
            row.refuse(
                "number", self._env._("the text is too long for a tracking number.")
            )

    def _check_carrier(self, row):
        """Find the shipping method: the row's, the file's, or the delivery's."""
        picking, name = row.picking, row.given.get("courier")
        own = picking.carrier_id
        if name:
            found = self._carriers.get(courier_key(name), own.browse())
            row.carrier = own if own in found else found if len(found) == 1 else None
            if not found:
                row.refuse(
                    "courier",
                    self._env._(
                        "no shipping method is called %(courier)s or has this courier.",
                        courier=name,
                    ),
                )
            elif not row.carrier:
                row.refuse(
                    "courier",
                    self._env._(
                        "several shipping methods have the courier %(courier)s: "
                        "%(carriers)s. Choose one on the delivery.",
                        courier=name,
                        carriers=", ".join(found.mapped("name")),
                    ),
                )
        else:
            row.carrier = self._carrier or own or None
            if not row.carrier:
                row.refuse(
                    "courier",
                    self._env._(
                        "delivery %(delivery)s has no shipping method. Choose the "
                        "courier of this file.",
                        delivery=picking.name,
                    ),
                )
        if row.carrier:
            problem = row.picking._esm_courier_problem_text(row.carrier)
            if problem:
                row.refuse("courier", problem)
            elif row.tracking_no not in picking._esm_tracking_numbers():
                row.changes = {
                    "carrier_id": row.carrier.id,
                    "carrier_tracking_ref": row.tracking_no,
                }

    def _check_twice(self):
        """One parcel gets one number, however many rows and deliveries it has.

        Only rows that name the same may have several: a delivery in several parcels.
        """
        by_parcel = defaultdict(list)
        for row in self.rows:
            if row.picking and "number" not in row.problems:
                [parcel] = row.picking._esm_parcels()
                by_parcel[parcel[:1].id].append(row)
        for rows in by_parcel.values():
            numbers = list(dict.fromkeys(row.tracking_no for row in rows))
            good = [row for row in rows if row.changes and not row.problems]
            if len(numbers) > 1:
                if not _is_one_delivery(rows) or len(good) not in (0, len(rows)):
                    self._refuse_numbers(rows)
                    continue
                if good:
                    good[0].changes["carrier_tracking_ref"] = ",".join(numbers)
            for row in good[1:]:
                row.changes = {}
                if row.tracking_no == good[0].tracking_no:
                    note = self._env._(
                        "The same parcel and number as row %(row)s.",
                        row=good[0].number,
                    )
                else:
                    note = self._env._(
                        "A further parcel of the delivery of row %(row)s, which gets "
                        "this number as well. The marketplace is told the first one.",
                        row=good[0].number,
                    )
                row.notes.append(note)

    def _refuse_numbers(self, rows):
        text = self._env._(
            "rows %(rows)s give the parcel of %(delivery)s different numbers. Keep one "
            "of them; further parcels are added on the delivery.",
            rows=self.numbers(rows),
            delivery=rows[0].picking.name,
        )
        for row in rows:
            row.refuse("number", text)

    def _check_shared(self):
        """Warn of one number for different receivers: rarely meant."""
        by_number = defaultdict(list)
        for row in self.rows:
            if row.picking and not row.problems:
                by_number[row.tracking_no].append(row)
        elsewhere = defaultdict(self._env["stock.picking"].browse)
        for batch in split_every(_BATCH, by_number, list):
            for picking in self._env["stock.picking"].search(
                [
                    ("carrier_tracking_ref", "in", batch),
                    ("company_id", "=", self._company.id),
                ]
            ):
                elsewhere[picking.carrier_tracking_ref] |= picking
        for number, rows in by_number.items():
            pickings = elsewhere[number].union(*(row.picking for row in rows))
            if len({_receiver(picking) for picking in pickings}) < 2:
                continue
            text = self._env._(
                "Warning: the number %(number)s is given to different receivers: "
                "%(deliveries)s.",
                number=number,
                deliveries=", ".join(sorted(pickings.mapped("name"))),
            )
            for row in rows:
                row.notes.append(text)

    def _note_warnings(self, row):
        warning = row.changes and row.carrier._esm_number_warning(row.tracking_no)
        if warning:
            row.notes.append(self._env._("Warning: %(text)s", text=warning))
        if "number" in row.numeric and row.changes:
            self.note_number(row, "number")
        if row.picking.state not in ("assigned", "done"):
            row.notes.append(
                self._env._(
                    "The goods of delivery %(delivery)s are not all reserved: it "
                    "cannot be validated yet.",
                    delivery=row.picking.name,
                )
            )


def _order_numbers(text):
    """What may be the order numbers of a cell; a delivery may have several orders.

    Blanks and hyphens stand between numbers, but also between the digits of one.

    :return: list of (all digits of a part as one number, numbers of the part)
    """
    parts = re.split(r"[^0-9\s-]+", text or "")
    found = (re.findall("[0-9]+", part) for part in parts)
    return [("".join(numbers), numbers) for numbers in found if numbers]


def _is_one_delivery(rows):
    """Whether these rows name the same orders, delivery and courier."""
    return (
        len(
            {
                (row.given.get("order"), row.given.get("delivery"), row.carrier)
                for row in rows
            }
        )
        == 1
    )


def _cleaned(text):
    """A tracking number without what people put between its digits."""
    return re.sub(r"[\s-]", "", text or "")


def _receiver(picking):
    partner = picking.partner_id
    parts = (partner.name, partner.zip, partner.street, partner.street2)
    return "".join("".join(part.split()) for part in parts if part).casefold()
