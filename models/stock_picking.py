from odoo import api, fields, models
from odoo.exceptions import UserError


class StockPicking(models.Model):
    _inherit = "stock.picking"

    esm_shop_id = fields.Many2one(
        related="sale_id.esm_shop_id", string="Marketplace Shop", store=True
    )
    esm_outbox_ids = fields.One2many(
        "esm.outbox", "picking_id", string="Messages to the Marketplace"
    )
    esm_state = fields.Selection(
        [
            ("missing", "Tracking number missing"),
            ("waiting", "Waiting to be sent"),
            ("sent", "Sent"),
            ("refused", "Refused"),
        ],
        compute="_compute_esm_state",
        store=True,
        string="Tracking at the Marketplace",
    )
    esm_message = fields.Text(
        compute="_compute_esm_message",
        compute_sudo=True,  # the warehouse sees why, whatever else it may see
        string="Marketplace Message",
    )
    esm_can_replace = fields.Boolean(compute="_compute_esm_message", compute_sudo=True)
    esm_order_numbers = fields.Char(
        compute="_compute_esm_orders",
        compute_sudo=True,
        string="Marketplace Order Numbers",
    )
    esm_memo = fields.Char(
        compute="_compute_esm_orders", compute_sudo=True, string="Delivery Memo"
    )
    esm_free_gift = fields.Char(
        compute="_compute_esm_orders", compute_sudo=True, string="Free Gift"
    )
    esm_stop_text = fields.Text(
        compute="_compute_esm_orders",
        compute_sudo=True,
        string="Do Not Ship",
        help="Why this delivery must not leave now.",
    )

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    def _esm_orders(self):
        """The marketplace orders whose goods are in these deliveries.

        As they are stored: what is computed of them is, with all rights, also for the
        form of a new delivery, into which anybody may write anybody's moves.
        """
        moves = self._origin.move_ids.filtered(lambda move: move.state != "cancel")
        return moves.sale_line_id.esm_order_id

    @api.depends(
        "state",
        "esm_shop_id",
        "picking_type_code",
        "carrier_id",
        "carrier_tracking_ref",
        "esm_outbox_ids.state",
    )
    def _compute_esm_state(self):
        for picking in self:
            states = set(picking.esm_outbox_ids.mapped("state"))
            told = picking.state == "done" or states - {"withdrawn"}
            if not picking._esm_is_delivery() or not told:
                picking.esm_state = False
            elif "refused" in states:
                picking.esm_state = "refused"
            elif "waiting" in states:
                picking.esm_state = "waiting"
            elif states & {"sent"}:
                picking.esm_state = "sent"
            elif picking._esm_missing_text():
                picking.esm_state = "missing"
            else:
                picking.esm_state = False

    @api.depends("esm_outbox_ids.message", "esm_outbox_ids.state", "esm_state")
    def _compute_esm_message(self):
        for picking in self:
            texts = picking.esm_outbox_ids.filtered("message").mapped("message")
            if picking.esm_state == "missing":
                texts.append(picking._esm_missing_text())
            picking.esm_message = "\n".join(dict.fromkeys(texts)) or False
            number = picking._esm_tracking_no()
            picking.esm_can_replace = bool(
                number
                and any(
                    message.state in ("sent", "refused")
                    and (
                        message.tracking_no != number
                        or (
                            message.state == "refused"
                            and message.order_id.market_status == "preparing"
                        )
                    )
                    for message in picking.esm_outbox_ids
                )
            )

    @api.depends("move_ids.sale_line_id.esm_order_id")
    def _compute_esm_orders(self):
        for picking in self:
            orders = picking._esm_orders() if picking.esm_shop_id else None
            if not orders:
                picking.esm_order_numbers = picking.esm_memo = False
                picking.esm_free_gift = picking.esm_stop_text = False
                continue
            orders = orders.sorted("order_no")
            picking.esm_order_numbers = ", ".join(orders.mapped("order_no"))
            memos = dict.fromkeys(orders.filtered("memo").mapped("memo"))
            picking.esm_memo = " / ".join(memos) or False
            gifts = orders.filtered("free_gift").mapped("free_gift")
            picking.esm_free_gift = ", ".join(gifts) or False
            stops = [text for row in orders if (text := row._stop_text())]
            picking.esm_stop_text = "\n".join(stops) or False

    def _esm_is_delivery(self):
        """Whether this transfer takes marketplace goods to the buyer."""
        self.ensure_one()
        return bool(self.esm_shop_id) and self.picking_type_code == "outgoing"

    def _esm_tracking_no(self):
        """The first tracking number, as ESM takes it: letters and digits only."""
        self.ensure_one()
        first = (self.carrier_tracking_ref or "").split(",")[0]
        return "".join(filter(str.isalnum, first))

    def _esm_tracking_numbers(self):
        """All tracking numbers of this delivery's parcels, the first one first."""
        self.ensure_one()
        numbers = (self.carrier_tracking_ref or "").split(",")
        cleaned = ("".join(filter(str.isalnum, number)) for number in numbers)
        return list(dict.fromkeys(filter(None, cleaned)))

    def _esm_missing_text(self):
        """What ESM could not be told about this delivery, or None if all is there."""
        self.ensure_one()
        if text := self._esm_courier_problem_text():
            return text
        if not self._esm_tracking_no():
            return self.env._(
                "Delivery %(delivery)s has no tracking number. Enter or scan it.",
                delivery=self.name,
            )
        return None

    def _esm_courier_problem_text(self, carrier=None):
        """What is wrong with this delivery's courier, or None.

        :param carrier: the `delivery.carrier` that it is about to get instead
        """
        self.ensure_one()
        carrier = self.carrier_id if carrier is None else carrier
        courier = carrier.esm_courier_id
        if not carrier:
            return self.env._(
                "Delivery %(delivery)s has no shipping method. Choose the courier.",
                delivery=self.name,
            )
        if not courier:
            return self.env._(
                "The shipping method %(carrier)s has no marketplace courier. Choose "
                "one on the shipping method.",
                carrier=carrier.name,
            )
        if courier.site and courier.site != self.esm_shop_id.site:
            return self.env._(
                "The courier %(courier)s does not exist on this site. Choose another "
                "shipping method for delivery %(delivery)s.",
                courier=courier.name,
                delivery=self.name,
            )
        return None

    # ------------------------------------------------------------------
    # Odoo's own flow
    # ------------------------------------------------------------------

    def button_validate(self):
        """Extend: say what is missing for the marketplace before goods leave."""
        deliveries = self.filtered(
            lambda picking: picking.state != "done" and picking._esm_is_delivery()
        )
        missing = dict.fromkeys(
            text
            for picking in deliveries
            if not picking._esm_gets_number_by_carrier()
            and (text := picking._esm_missing_text())
        )
        if missing:
            raise UserError("\n".join(missing))
        return super().button_validate()

    def _esm_gets_number_by_carrier(self):
        """Whether validation itself fetches the number from a carrier's API."""
        return bool(
            self.carrier_id.esm_courier_id
            and self.carrier_id.integration_level == "rate_and_ship"
            and self.carrier_id.delivery_type not in ("fixed", "base_on_rule")
        )

    def _action_done(self):
        """Extend: tell the marketplace, after commit, what has left."""
        # Buyers get no message from Odoo; the marketplace informs them.
        marketplace = self.filtered(lambda picking: picking._esm_is_delivery())
        if marketplace and marketplace != self:
            super(StockPicking, self - marketplace)._action_done()
        res = super(
            StockPicking, marketplace.with_context(skip_sms=True) or self
        )._action_done()
        marketplace._esm_request_sending()
        return res

    def message_post_with_source(self, source_ref, **kwargs):
        """Override: no delivery mail to marketplace buyers.

        Nor do jobs write into each delivery's chatter which sales order it comes from:
        it shows that anyway, and the note takes a tenth of the time of a release.
        """
        if len(self) == 1 and self.esm_shop_id:
            if isinstance(source_ref, models.BaseModel):
                idle = source_ref == self.company_id.stock_mail_confirmation_template_id
            else:
                idle = (
                    self.env.context.get("tracking_disable")
                    and source_ref == "mail.message_origin_link"
                )
            if idle:
                return self.env["mail.message"]
        return super().message_post_with_source(source_ref, **kwargs)

    def _add_delivery_cost_to_so(self):
        """Override: the buyer paid shipping at the marketplace, nothing is added."""
        if self.esm_shop_id:
            return None
        return super()._add_delivery_cost_to_so()

    def write(self, vals):
        """Extend: a number that comes after the validation is sent as well."""
        res = super().write(vals)
        if {"carrier_tracking_ref", "carrier_id"} & vals.keys():
            late = self.filtered(
                lambda picking: (
                    picking.state == "done"
                    and picking._esm_is_delivery()
                    and picking.esm_state in ("missing", False)
                )
            )
            late._esm_request_sending()
        return res

    # ------------------------------------------------------------------
    # Tell the marketplace
    # ------------------------------------------------------------------

    def _esm_request_sending(self, printed=False):
        """Put the tracking numbers of these deliveries into the outbox.

        :param bool printed: also of those that are printed, but not validated yet
        """
        parcels = []
        # sudo: a warehouse user validates, the connector writes its own records. Read
        # here, they are not read one by one.
        self.sudo()._esm_orders().mapped("state")
        for picking in self.sudo():
            if picking.state != "done" and not printed:
                continue
            orders = picking._esm_orders().filtered(
                lambda row: row.state not in ("cancelled", "ignored")
            )
            released = orders.filtered(lambda row: row.state in ("booked", "released"))
            if released and picking.state == "done":
                released.write({"state": "shipped"})
            if orders and not picking._esm_missing_text():
                parcels.append((picking, orders))
        if parcels:
            self.env["esm.outbox"].sudo()._request_ship(parcels)

    def action_esm_retry(self):
        """Send what the marketplace refused or has not got yet, once more."""
        self.ensure_one()
        self.check_access("write")
        missing = self._esm_missing_text()
        if missing:
            raise UserError(missing)
        self._esm_request_sending(printed=bool(self.esm_printed_at))
        return True

    def action_esm_replace(self):
        """Send this delivery's number in place of the one that ESM shows."""
        self.ensure_one()
        self.check_access("write")
        missing = self._esm_missing_text()
        if missing:
            raise UserError(missing)
        picking = self.sudo()  # the outbox is written by the connector only
        for message in picking.esm_outbox_ids:
            old = message.order_id.tracking_no
            message._replace(
                {
                    "courier_id": picking.carrier_id.esm_courier_id.id,
                    "tracking_no": picking._esm_tracking_no(),
                },
                force=True,
            )
            self.message_post(
                body=self.env._(
                    "Tracking number of order %(order)s is replaced at the "
                    "marketplace: %(old)s → %(new)s.",
                    order=message.order_id.order_no,
                    old=old or "-",
                    new=message.tracking_no,
                )
            )
        picking.esm_outbox_ids._trigger_send()
        return True
