import hashlib
import logging
import secrets
import time
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import config

from ..sandbox import Sandbox, hosting
from ..sandbox.trial import GOODS, on_both_sites, sellers

_logger = logging.getLogger(__name__)

CJ = 10013
# Waybill numbers of the trial begin here, a range of its own for each: without the
# check digit, which is the number modulo 7.
FIRST_NUMBER, NUMBERS = 99_000_000_000, 1000
PLENTY = 50
BASKETS = 3


class EsmAccount(models.Model):
    """A trial without keys: a sandbox that this Odoo keeps itself.

    The sandbox is a thread of whichever Odoo process asks for it first; what happened
    in it is kept in a file beside the database's attachments (see `sandbox.hosting`).
    """

    _inherit = "esm.account"

    trial = fields.Boolean(
        readonly=True,
        copy=False,
        help="Its sandbox runs inside this Odoo, for trying things without keys.",
    )
    trial_product_ids = fields.Many2many(
        "product.product",
        "esm_account_trial_product_rel",
        string="Sample Products",
        readonly=True,
        copy=False,
    )
    trial_carrier_id = fields.Many2one(
        "delivery.carrier",
        string="Sample Shipping Method",
        readonly=True,
        copy=False,
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: what a trial made is written by the connector only."""
        for vals in vals_list:
            self._check_trial_fields(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Extend: as above."""
        self._check_trial_fields(vals)
        return super().write(vals)

    @api.model
    def _check_trial_fields(self, vals):
        """Whatever these fields name is taken away when the trial ends.

        Its products are archived and their stock is set to nothing, without asking for
        rights: real ones must not get there.

        :raise AccessError: somebody writes them
        """
        if not self.env.su and {
            name for name in vals if name == "trial" or name.startswith("trial_")
        }:
            raise AccessError(
                self.env._("What belongs to a trial is written by the connector only.")
            )

    def _base_url(self):
        """Extend: a trial's sandbox begins when it is needed."""
        if self.trial and self.environment == "sandbox" and self.active:
            return self._trial_url()
        return super()._base_url()

    def _trial_path(self):
        """Where what happened in the sandbox is kept."""
        self.ensure_one()
        folder = Path(config.filestore(self.env.cr.dbname)) / "sale_esm"
        return folder / f"sandbox-{self.id}"

    def _trial_token(self):
        """What tells this trial's sandbox from that of a copy of the database.

        A copy has the same address and keys. Odoo gives a copy another UUID, a copy
        made by PostgreSQL has at least another name.

        :return: a text of which neither can be read
        """
        self.ensure_one()
        # sudo: system parameters are for administrators only
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        name = f"{self.env.cr.dbname}\n{uuid}\n{self.id}\n{self.sudo().master_id}"
        return hashlib.sha256(name.encode()).hexdigest()

    def _trial_url(self):
        """The address of this trial's sandbox, which runs afterwards.

        :raise UserError: it cannot run here
        """
        # sudo: the address is a field for managers only
        account = self.sudo()
        try:
            url = hosting.reach(
                self._trial_path(),
                account.sandbox_url,
                account._trial_token(),
                account._build_sandbox,
            )
        except OSError as error:
            _logger.warning("The sandbox of the trial cannot run: %s", error)
            raise UserError(
                self.env._(
                    "The sandbox cannot run on this server. Start one beside Odoo "
                    "(./dev sandbox --demo) and enter its address in an account."
                )
            ) from error
        if url != account.sandbox_url:
            # The key is the same: that the port is another one is no reason to test
            # the connection again.
            account.with_context(esm_same_server=True).sandbox_url = url
        return url

    def _build_sandbox(self):
        """A sandbox that knows this account, with the sample goods on sale."""
        # The client keeps the marketplace's pace anyway.
        sandbox = Sandbox(orders_interval=0)
        sandbox.add_account(self.master_id, self.secret_key, **sellers(self.master_id))
        # Order numbers are stored once per site: those of the next trial are others.
        sandbox.world.store.count_from(int(time.time()) // 10 % 40_000_000)
        for item in GOODS:
            sandbox.add_item(**on_both_sites(item, self.master_id))
        return sandbox

    # ------------------------------------------------------------------
    # Begin
    # ------------------------------------------------------------------

    @api.model
    def _start_trial(self):
        """An account, shops, products and orders to try everything with.

        :return: the `esm.account`
        """
        self.check_access("create")
        running = [("trial", "=", True), ("company_id", "=", self.env.company.id)]
        if self.search_count(running, limit=1):
            raise UserError(self.env._("The trial of this company is running already."))
        master_id = f"sandbox_{secrets.token_hex(4)}"
        account = self.create(
            {
                "name": self.env._("Sandbox"),
                "master_id": master_id,
                "secret_key": secrets.token_urlsafe(32),
                "company_id": self.env.company.id,
                "environment": "sandbox",
                "sandbox_url": "http://127.0.0.1:0",  # the port is known once it runs
                "calls_per_minute": 0,
            }
        )
        # sudo: see _check_trial_fields
        account.sudo().write(
            {
                "trial": True,
                "trial_carrier_id": account._create_trial_carrier().id,
                "trial_product_ids": account._create_trial_products().ids,
            }
        )
        self.env["esm.shop"].create(
            [
                {
                    "account_id": account.id,
                    "site": site,
                    "seller_id": ids[0],
                    "carrier_id": account.trial_carrier_id.id,
                    "auto_acknowledge": True,
                    "auto_release": True,
                }
                for site, ids in sellers(master_id).items()
            ]
        )
        account.action_trial_orders()
        return account

    def _create_trial_carrier(self):
        """A shipping method of a courier that ESM knows, with waybill numbers."""
        # sudo: managers of the marketplace need not be those of the warehouse
        product = (
            self.env["product.product"]
            .sudo()
            .create(
                {
                    "name": self.env._("Shipping (sandbox)"),
                    "type": "service",
                    "sale_ok": False,
                    "purchase_ok": False,
                    "company_id": self.company_id.id,
                }
            )
        )
        courier = self.env["esm.courier"].search([("code", "=", CJ)])
        carrier = (
            self.env["delivery.carrier"]
            .sudo()
            .create(
                {
                    "name": self.env._("%(courier)s (sandbox)", courier=courier.name),
                    "delivery_type": "fixed",
                    "product_id": product.id,
                    "company_id": self.company_id.id,
                    "esm_courier_id": courier.id,
                    "esm_warn_below": 0,
                }
            )
        )
        first = FIRST_NUMBER + self.id % 9000 * NUMBERS
        first, last = (f"{n}{n % 7}" for n in (first, first + NUMBERS - 1))
        self.env["esm.waybill.range"].sudo().create(
            {
                "carrier_id": carrier.id,
                "first": first,
                "last": last,
                "check_digit": "modulo_7",
            }
        )
        return carrier

    def _create_trial_products(self):
        """The sample goods as products with codes, and pieces in the warehouse."""
        values = []
        for item in GOODS:
            for code, option in item.get("codes", {item["seller_code"]: ""}).items():
                fname = "esm_inventory_code" if option else "esm_seller_code"
                values.append(
                    {
                        "name": f"{item['name']} {option}".strip(),
                        "list_price": item["price"],
                        "is_storable": True,
                        "company_id": self.company_id.id,
                        fname: code,
                    }
                )
        # sudo: as above
        products = self.env["product.product"].sudo().create(values)
        warehouse = (
            self.env["stock.warehouse"]
            .sudo()
            .search([("company_id", "=", self.company_id.id)], limit=1)
        )
        for product in products:
            self.env["stock.quant"].sudo()._update_available_quantity(
                product, warehouse.lot_stock_id, PLENTY
            )
        return products

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_trial_orders(self):
        """Let buyers of the sandbox order something at each shop."""
        self.check_access("read")
        for account in self.filtered("trial"):
            url = account._trial_url()
            for site, [seller] in sellers(account.master_id).items():
                try:
                    hosting.call(
                        url,
                        "generate",
                        {
                            "site": site,
                            "seller_id": seller,
                            "orders": BASKETS,
                            "baskets": BASKETS,
                            "spread": 0,
                        },
                        token=account._trial_token(),
                    )
                except OSError as error:
                    raise UserError(
                        self.env._("The sandbox does not answer. Try again.")
                    ) from error
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Buyers of the sandbox have ordered. Press Collect Now to get "
                    "their orders."
                ),
            },
        }

    def action_end_trial(self):
        """Take away what the trial made; what was shipped stays, marked.

        :return: a notification that says what stays
        """
        self.check_access("write")
        if not self.env.user.has_group("sale_esm.group_manager"):
            raise UserError(self.env._("Only managers can end the trial."))
        kept = 0
        for account in self.filtered("trial"):
            kept += account._end_trial()
        message = self.env._("The trial is over: its shops and products are archived.")
        if kept:
            message += " " + self.env._(
                "%(count)s shipped or invoiced sales orders stay, because Odoo keeps "
                "what left the warehouse. They are marked as from the sandbox.",
                count=kept,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "sticky": bool(kept),
                # The question is answered; the panel below it is read again.
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _end_trial(self):
        self.ensure_one()
        # sudo: rows and messages are written by the connector only; products,
        # deliveries and stock of the trial are nobody's else
        account = self.sudo().with_context(active_test=False)
        shops = account.shop_ids
        in_shops = [("shop_id", "in", shops.ids)]
        orders = account.env["sale.order"].search([("esm_shop_id", "in", shops.ids)])
        people = orders.partner_id | orders.partner_shipping_id
        people |= orders.partner_invoice_id
        account.env["esm.order"].search(in_shops).unlink()
        account.env["esm.listing"].search(in_shops).unlink()
        kept = account._remove_trial_orders(orders)
        account._archive_trial_people(people, kept, shops)
        products = account.trial_product_ids
        quants = account.env["stock.quant"].search(
            [
                ("product_id", "in", products.ids),
                ("location_id.usage", "=", "internal"),
            ]
        )
        for quant in quants.with_context(inventory_mode=True):
            quant.inventory_quantity = 0
        quants.action_apply_inventory()
        (products | account.trial_carrier_id.product_id).action_archive()
        shops.write({"active": False, "auto_collect": False})
        account.trial_carrier_id.active = False
        account.active = False
        # The first steps with a real shop are still to come.
        account.company_id.esm_first_steps_closed = False
        where = (self._trial_path(), account.sandbox_url, account._trial_token())
        self.env.cr.postcommit.add(lambda: hosting.forget(*where))
        return len(kept)

    @api.model
    def _remove_trial_orders(self, orders):
        """Delete sales orders that nothing has left the warehouse for.

        :param orders: `sale.order` recordset of the trial
        :return: those that stay
        """
        kept = orders.filtered(
            lambda order: (
                order.invoice_ids
                or any(picking.state == "done" for picking in order.picking_ids)
            )
        )
        gone = orders - kept
        for picking in kept.picking_ids.filtered(
            lambda picking: picking.state not in ("done", "cancel")
        ):
            picking.action_cancel()
        gone.filtered("locked").action_unlock()
        gone.filtered(lambda order: order.state != "cancel")._action_cancel()
        gone.picking_ids.unlink()
        gone.unlink()
        return kept

    @api.model
    def _archive_trial_people(self, people, kept, shops):
        """Archive the buyers of the trial, whom nothing else needs.

        :param people: `res.partner` recordset, all contacts of the trial's orders
        :param kept: `sale.order` recordset of the trial that stays
        :param shops: `esm.shop` recordset of the trial
        """
        # Somebody may have put any contact on an order: the key marks those that the
        # connector made.
        people = people.filtered("esm_buyer_key")
        # Who stays keeps the contact above, too.
        family = people | people.child_ids
        others = self.env["sale.order"].search(
            [
                "|",
                ("esm_shop_id", "=", False),
                ("esm_shop_id", "not in", shops.ids),
                "|",
                "|",
                ("partner_id", "in", family.ids),
                ("partner_shipping_id", "in", family.ids),
                ("partner_invoice_id", "in", family.ids),
            ]
        )
        used = others.partner_id | others.partner_shipping_id
        used |= others.partner_invoice_id
        invoices = self.env["account.move"].search(
            [
                ("move_type", "!=", "entry"),
                "|",
                ("partner_id", "in", family.ids),
                ("partner_shipping_id", "in", family.ids),
            ]
        )
        invoices -= kept.invoice_ids
        used |= invoices.partner_id | invoices.partner_shipping_id
        pickings = self.env["stock.picking"].search([("partner_id", "in", family.ids)])
        used |= (pickings - kept.picking_ids).partner_id
        used |= family.user_ids.partner_id
        (people - used - used.parent_id).active = False
