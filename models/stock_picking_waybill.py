from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ..esm_api import EsmError
from .delivery_carrier_waybill import TRACKING_NUMBERS

# Between the check and the printing lie the seconds in which a browser fetches the
# file. What is printed later is checked again.
CHECK_HOLDS = timedelta(minutes=2)


class StockPicking(models.Model):
    """Waybills: check, number, print, tell the marketplace."""

    _inherit = "stock.picking"

    esm_printed_at = fields.Datetime(
        string="Waybill Printed", readonly=True, copy=False
    )
    esm_print_count = fields.Integer(string="Times Printed", readonly=True, copy=False)
    esm_further_numbers = fields.Char(
        string="Further Parcels",
        readonly=True,
        copy=False,
        help="Tracking numbers that the marketplace does not get: it takes one for "
        "each order.",
    )
    # For the connector's eyes: whoever could write it could print without the check.
    esm_print_checked_at = fields.Datetime(copy=False, groups="base.group_system")

    # Numbers are looked for when a range gives new ones.
    _esm_tracking_numbers_idx = models.Index(f"USING gin (({TRACKING_NUMBERS}))")

    # ------------------------------------------------------------------
    # Print
    # ------------------------------------------------------------------

    def action_esm_print_waybill(self):
        """Print the waybills of these deliveries, those printed before as well.

        :return: action of the report, or of a wizard that says what cannot be printed
        :raise UserError: nothing can be printed, whoever asks for it
        """
        self.check_access("write")
        pickings = self.filtered(lambda picking: picking._esm_is_delivery())
        if not pickings:
            raise UserError(
                self.env._(
                    "Waybills are for deliveries of Gmarket and Auction orders: none "
                    "of these is one."
                )
            )
        obstacles = pickings._esm_obstacles(pickings._esm_read_cancels())
        manager = self.env.user.has_group("sale_esm.group_manager")
        if obstacles and (
            len(obstacles) < len(pickings)
            or (manager and any(may for _text, may in obstacles.values()))
        ):
            return self.env["esm.print.stop"]._ask(pickings, obstacles)
        pickings._esm_raise(obstacles)
        return pickings._esm_print_action()

    def _esm_print_despite(self):
        """A manager prints these deliveries although something says not to.

        :return: action of the report
        """
        if not self.env.user.has_group("sale_esm.group_manager"):
            raise UserError(
                self.env._(
                    "Only managers can print waybills of cancelled orders, or without "
                    "asking the marketplace."
                )
            )
        obstacles = self._esm_obstacles(self._esm_read_cancels())
        self._esm_raise(obstacles, force=True)
        for picking, (text, _may) in obstacles.items():
            # sudo: rows are the connector's
            picking.sudo()._esm_orders().filtered("cancel_requested").with_user(
                self.env.user
            ).action_ship_despite_cancel()
            picking.message_post(
                body=self.env._(
                    "%(user)s printed the waybill all the same: %(text)s",
                    user=self.env.user.name,
                    text=text,
                )
            )
        return self._esm_print_action(force=True)

    def _esm_print_action(self, force=False):
        self._esm_prepare_numbers(self, force)
        return self._esm_waybill_report().report_action(self, config=False)

    def _esm_waybill_report(self):
        """The report that the shop's warehouse prints labels with."""
        return self.env.ref("sale_esm.action_report_waybill")

    def _esm_print(self, render):
        """Do all that printing these deliveries means, around the rendering.

        Numbers are final before the rendering begins, so that no other printer waits
        for it; that the waybill is printed is noted when it is there. A crash in
        between leaves deliveries with a number, which printing again prints.

        :param render: callable that makes the file
        :return: what `render` returns
        :raise UserError: see `_esm_print_check`
        """
        # Labels are shown with sudo, and ESM may be told.
        self.check_access("write")
        self._esm_prepare_print()
        result = render()
        shop = self.env["esm.shop"]
        shop._transact(self._esm_note_printed, alone=False)
        return result

    def _esm_prepare_print(self):
        """Check these deliveries, unless that was just done, and give them numbers."""
        since = fields.Datetime.now() - CHECK_HOLDS
        # sudo: the mark of the check is the connector's own
        unchecked = self.filtered(
            lambda picking: (picking.sudo().esm_print_checked_at or since) <= since
        )
        if unchecked:
            unchecked._esm_print_check()
            self._esm_prepare_numbers(unchecked)

    def _esm_prepare_numbers(self, checked, force=False):
        """Give these deliveries numbers, for good.

        :param checked: those of them that were checked just now
        :param bool force: see `_esm_print_check`
        """

        def prepare():
            self.env["delivery.carrier"]._esm_wait_for_turn()
            # A job may have read a cancel since the check.
            checked._esm_raise(checked._esm_obstacles(), force)
            self._esm_give_numbers()
            # sudo: as above
            checked.sudo().esm_print_checked_at = fields.Datetime.now()

        self.env["esm.shop"]._transact(prepare, alone=False)

    def _esm_note_printed(self):
        """These waybills are printed; tell the marketplace if it is told now."""
        self.env.invalidate_all()
        now = fields.Datetime.now()
        # sudo: the mark of the check is the connector's own
        printed = self.sudo().with_context(tracking_disable=True)
        for count, pickings in printed.grouped("esm_print_count").items():
            pickings.write(
                {
                    "esm_printed_at": now,
                    "esm_print_count": count + 1,
                    "esm_print_checked_at": False,
                }
            )
        self._esm_tell_printed()

    # ------------------------------------------------------------------
    # Check
    # ------------------------------------------------------------------

    def _esm_print_check(self, force=False):
        """Ask the marketplace for cancels, then say what speaks against printing.

        What buyers cancelled is final, also if this raises: it is shown from now on.

        :param bool force: a manager prints although orders are cancelled, or ESM
            cannot be reached
        :raise UserError: names each delivery that cannot be printed, and why
        """
        self._esm_raise(self._esm_obstacles(self._esm_read_cancels()), force)

    def _esm_read_cancels(self):
        """Ask for the cancels of these deliveries' shops, and apply them.

        :return: dict `esm.shop` -> why it could not be asked, translated
        """
        unread = {}
        # sudo: jobs act for the shop, not for a person; what is entered by hand and
        # never told is not asked about either
        rows = self.sudo()._esm_orders().filtered(lambda row: not row.silent)
        for shop in rows.shop_id:
            job = shop._as_job()
            try:
                job._read_cancels(job._api())
            except (EsmError, UserError) as error:
                job._rollback()
                why = job._explain(error) if isinstance(error, EsmError) else error
                unread[shop] = self.env._(
                    "%(shop)s: the marketplace cannot be asked whether buyers "
                    "cancelled, so nothing was printed. Try again in a few minutes; a "
                    "manager can print all the same. (%(why)s)",
                    shop=shop.name,
                    why=why,
                )
        self.env.invalidate_all()
        return unread

    def _esm_raise(self, obstacles, force=False):
        """Raise those of these obstacles that cannot be passed, if there are any."""
        texts = [text for text, may in obstacles.values() if not (force and may)]
        if texts:
            raise UserError("\n".join(dict.fromkeys(texts)))

    def _esm_obstacles(self, unread=()):
        """What speaks against printing these deliveries, as far as Odoo knows.

        :param unread: dict as of `_esm_read_cancels`
        :return: dict delivery -> (translated text, whether a manager may print all
            the same)
        """
        obstacles = {}
        # sudo: rows are the connector's. Read here, they are not read one by one.
        self.sudo().move_ids.sale_line_id.esm_order_id.mapped("problem")
        for picking in self:
            shop = picking.esm_shop_id.sudo()
            if text := picking._esm_print_problem():
                obstacles[picking] = text, False
            elif shop in unread:
                obstacles[picking] = unread[shop], True
            elif picking.esm_stop_text:
                obstacles[picking] = f"{picking.name}: {picking.esm_stop_text}", True
        others = self.filtered(lambda p: obstacles.get(p, (None, True))[1])
        for carrier, parcels in others._esm_parcels_without_number().items():
            # A carrier's own interface makes the shipment and its number.
            if parcels[0][:1]._esm_gets_number_by_carrier() or (
                not carrier._esm_has_numbers(len(parcels))
            ):
                for parcel in parcels:
                    for picking in parcel:
                        obstacles[picking] = picking._esm_no_number_text(), False
        return obstacles

    def _esm_print_problem(self):
        """What no manager's choice can make good, or None."""
        self.ensure_one()
        if not self._esm_is_delivery():
            return self.env._(
                "%(delivery)s is no delivery of a Gmarket or Auction order: it has no "
                "waybill here.",
                delivery=self.name,
            )
        if self.state == "cancel":
            return self.env._(
                "Delivery %(delivery)s is cancelled. Do not ship it.",
                delivery=self.name,
            )
        if text := self._esm_courier_problem_text():
            return text
        # sudo: rows are the connector's; the warehouse is told what they say
        for row in self.sudo()._esm_orders():
            if row.problem in ("address", "address_changed"):
                return f"{self.name}: {row.problem_text}"
            if row.market_status == "new":
                return self.env._(
                    "%(delivery)s: order %(order)s is not confirmed at the marketplace "
                    "yet, so its buyer can still change the address. Confirm the "
                    "order, then print.",
                    delivery=self.name,
                    order=row.order_no,
                )
        address = self.partner_id
        if not address or not (address.street or address.street2):
            return self.env._(
                "Delivery %(delivery)s has no address. Read the order again, or enter "
                "the address.",
                delivery=self.name,
            )
        if not self._esm_tracking_no().isascii():
            return self.env._(
                "The tracking number of delivery %(delivery)s has letters that no "
                "barcode can hold. Correct it.",
                delivery=self.name,
            )
        return None

    def _esm_no_number_text(self):
        if self._esm_gets_number_by_carrier():
            return self.env._(
                "Delivery %(delivery)s gets its number and label from %(carrier)s when "
                "it is validated.",
                delivery=self.name,
                carrier=self.carrier_id.name,
            )
        return self.env._(
            "Delivery %(delivery)s has no tracking number, and %(carrier)s has "
            "%(left)s waybill numbers left. Enter or scan the number, or add a range "
            "of numbers to the shipping method.",
            delivery=self.name,
            carrier=self.carrier_id.name,
            left=self.carrier_id.sudo().esm_numbers_left,
        )

    # ------------------------------------------------------------------
    # Numbers
    # ------------------------------------------------------------------

    def _esm_parcels(self):
        """These deliveries by parcel, in order: what has one waybill stays together.

        :return: list of `stock.picking` recordsets
        """
        return list(self)

    def _esm_parcels_without_number(self):
        """Parcels that printing gives a number, by carrier.

        :return: dict `delivery.carrier` -> list of recordsets as of `_esm_parcels`
        """
        parcels = {}
        for parcel in self._esm_parcels():
            if not any(picking._esm_tracking_no() for picking in parcel):
                parcels.setdefault(parcel.carrier_id[:1], []).append(parcel)
        return parcels

    def _esm_give_numbers(self):
        """Give a tracking number to those of these parcels that have none.

        In the caller's transaction: rolled back, the numbers are free again.

        :raise UserError: a carrier has too few numbers
        """
        # sudo: as everywhere, the outbox is the connector's. Each number that is
        # written looks there; read here, it is not read one by one.
        self.sudo().esm_outbox_ids.mapped("state")
        for carrier, parcels in self._esm_parcels_without_number().items():
            numbers = carrier._esm_take_numbers(len(parcels))
            for parcel, number in zip(parcels, numbers, strict=True):
                parcel.carrier_tracking_ref = number

    def action_esm_add_parcel(self):
        """Take one more number: the delivery leaves in one more parcel."""
        self.ensure_one()
        self.check_access("write")
        if not self._esm_tracking_no():
            raise UserError(
                self.env._(
                    "Print the waybill of delivery %(delivery)s, or enter its first "
                    "tracking number, before you add a parcel.",
                    delivery=self.name,
                )
            )
        numbers = self._esm_tracking_numbers() + self.carrier_id._esm_take_numbers(1)
        self.carrier_tracking_ref = ",".join(numbers)
        return True

    # ------------------------------------------------------------------
    # Tell the marketplace
    # ------------------------------------------------------------------

    def write(self, vals):
        """Extend: a waybill's number that is corrected before it is sent."""
        res = super().write(vals)
        if {"carrier_tracking_ref", "carrier_id"} & vals.keys():
            self.filtered(
                lambda picking: picking.esm_state == "waiting"
            )._esm_request_sending(printed=True)
        return res

    def _esm_tell_printed(self):
        """Tell the marketplace of these printed deliveries, if their shops do so."""
        # sudo: shops are the connector's
        self.sudo().filtered(
            lambda picking: picking.esm_shop_id.tracking_moment == "print"
        )._esm_request_sending(printed=True)

    def _esm_request_sending(self, printed=False):
        """Extend: say which numbers stay here, ESM takes one for each order."""
        res = super()._esm_request_sending(printed=printed)
        notes = {}
        # sudo: the outbox is the connector's. Read here, it is not read one by one.
        self.sudo()._esm_orders().outbox_ids.mapped("action")
        for picking in self.sudo():
            messages = picking._esm_orders().outbox_ids.filtered(
                lambda message: message.action == "ship" and message.picking_id
            )
            if not messages:
                continue
            numbers = picking._esm_tracking_numbers()
            first = 1 if picking in messages.picking_id else 0
            further = ", ".join(numbers[first:]) or False
            if further != picking.esm_further_numbers:
                picking.esm_further_numbers = further
                if further:
                    notes[picking.id] = self.env._(
                        "The marketplace takes one tracking number for each order "
                        "and has %(first)s. Kept here only: %(further)s.",
                        first=", ".join(dict.fromkeys(messages.mapped("tracking_no"))),
                        further=further,
                    )
        if notes:
            self.browse(notes)._message_log_batch(notes)
        return res
