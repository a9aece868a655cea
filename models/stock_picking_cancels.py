from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..esm_api import EsmError

# Who scans one parcel after the other need not wait for ESM each time. A cancel that
# comes in meanwhile is met when the number is sent: each order's state is read then.
FRESH = timedelta(seconds=20)


class StockPicking(models.Model):
    """Right before goods leave, the marketplace is asked whether buyers cancelled."""

    _inherit = "stock.picking"

    def button_validate(self):
        """Extend: no goods of cancelled orders leave, unless a manager decides to.

        :return: as Odoo; or the action of a window that says why in big letters, and
            what can be done. Where nobody would see it, pass `esm_no_window` in the
            context.
        :raise UserError: some must not leave, with `esm_no_window`
        """
        deliveries = self.filtered(
            lambda picking: (
                picking.state not in ("done", "cancel") and picking._esm_is_delivery()
            )
        )
        stops = deliveries._esm_validate_stops()
        if not stops:
            return super().button_validate()
        manager = self.env.user.has_group("sale_esm.group_manager")
        despite = manager and self.env.context.get("esm_validate_despite")
        firm = {p: stop for p, stop in stops.items() if not (despite and stop[1])}
        if not firm:
            for picking, (text, _may) in stops.items():
                picking._esm_note_despite(text)
            return super().button_validate()
        if not self.env.context.get("esm_no_window"):
            return self.env["esm.validate.stop"]._ask(self, firm)
        raise UserError("\n".join(dict.fromkeys(text for text, _may in firm.values())))

    def _esm_validate_stops(self):
        """Ask the marketplace, then say which of these deliveries must not leave.

        :return: dict delivery -> (translated text, whether a manager may validate it
            all the same)
        """
        stops = {}
        readings, unread = self._esm_ask_for_cancels()
        for picking in self:
            rows = picking.sudo()._esm_orders()  # rows are the connector's
            found = []
            for row in rows:
                reading = readings.get(row.shop_id)
                cancel = reading and reading.cancels.get(row.order_no)
                if (
                    cancel
                    and not cancel.withdrawn
                    and row._cancel_is_news(cancel, reading)
                ):
                    found.append((row, cancel))
            shop = picking.esm_shop_id.sudo()
            if found:
                stops[picking] = (
                    "\n".join(row._late_cancel_text(cancel) for row, cancel in found),
                    all(cancel.pending for _row, cancel in found),
                )
            elif picking.esm_stop_text:
                # Where no address is, no manager can send anything either.
                may = "address" not in rows.mapped("problem")
                stops[picking] = picking.esm_stop_text, may
            elif shop in unread and not shop.ship_unasked:
                stops[picking] = unread[shop], True
            elif shop in unread:
                picking.message_post(
                    body=self.env._(
                        "Validated although the marketplace could not be asked whether "
                        "the buyer cancelled. It is asked again before it gets the "
                        "tracking number."
                    )
                )
        return stops

    def _esm_ask_for_cancels(self):
        """Read the cancels of these deliveries' shops, unless that was just done.

        They are stored in a transaction of their own, so that everybody sees them
        although this one is rolled back; but not where this one has written already: it
        might hold what the other one waits for.

        :return: dict `esm.shop` -> `CancelReading`; and dict `esm.shop` -> why it could
            not be asked, translated
        """
        readings, unread = {}, {}
        since = fields.Datetime.now() - FRESH
        # sudo: jobs act for the shop, not for a person; what is entered by hand and
        # never told is not asked about either
        rows = self.sudo()._esm_orders().filtered(lambda row: not row.silent)
        for shop in rows.shop_id:
            if shop.cancels_read_at and shop.cancels_read_at >= since:
                continue
            job = shop._as_job()
            try:
                if self._esm_has_written():
                    readings[shop] = job._fetch_cancels(job._api())
                else:
                    readings[shop] = self._esm_read_cancels_apart(job)
            except (EsmError, UserError) as error:
                why = job._explain(error) if isinstance(error, EsmError) else error
                unread[shop] = self.env._(
                    "%(shop)s: the marketplace cannot be asked whether buyers "
                    "cancelled, so nothing was validated. Try again in a few minutes; "
                    "a manager can validate all the same, or allow it for the shop. "
                    "(%(why)s)",
                    shop=shop.name,
                    why=why,
                )
        return readings, unread

    def _esm_has_written(self):
        """Whether this transaction has changed or locked something."""
        query = SQL("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
        return self.env.execute_query(query)[0][0]

    def _esm_read_cancels_apart(self, job):
        """Read and store the cancels of a shop in a transaction of its own."""
        with self.env.registry.cursor() as cr:
            shop = job.with_env(job.env(cr=cr))
            try:
                return shop._read_cancels(shop._api())
            except (EsmError, UserError):
                shop._rollback()
                raise

    def _esm_note_despite(self, text):
        """A manager lets this delivery leave although something says not to."""
        # sudo: rows are the connector's
        self.sudo()._esm_orders().filtered("cancel_requested").with_user(
            self.env.user
        ).action_ship_despite_cancel()
        self.message_post(
            body=self.env._(
                "%(user)s validated the delivery all the same: %(text)s",
                user=self.env.user.name,
                text=text,
            )
        )
