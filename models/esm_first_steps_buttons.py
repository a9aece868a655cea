from odoo import api, models
from odoo.exceptions import AccessError, UserError


class EsmShop(models.Model):
    """What the buttons of the first steps open or do.

    Each `_first_steps_open_NAME` returns an action, or False where the panel only has
    to be read again. They ask for the rights that the work itself asks for.
    """

    _inherit = "esm.shop"

    @api.model
    def action_first_step(self, name):
        """What a button of the first steps opens or does.

        :param str name: the name that `get_first_steps` gave the button
        :return: an action
        """
        method = getattr(self, f"_first_steps_open_{name}", None)
        if method is None:
            raise UserError(self.env._("This step is not there any more."))
        return method()

    @api.model
    def _first_steps_form(self, model, record, name, **context):
        """A form in a dialog: when it is saved, the panel is there again."""
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "res_id": record.id,
            "views": [(False, "form")],
            "target": "new",
            "context": context,
        }

    @api.model
    def _first_steps_list(self, xmlid, domain=None, **context):
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        if domain is not None:
            action["domain"] = domain
        action["context"] = context
        return action

    @api.model
    def _first_steps_open_trial(self):
        return self.env["ir.actions.act_window"]._for_xml_id(
            "sale_esm.esm_trial_action"
        )

    @api.model
    def _first_steps_open_trial_orders(self):
        return self._first_steps_facts()["accounts"].action_trial_orders()

    @api.model
    def _first_steps_open_trial_end(self):
        return self.env["ir.actions.act_window"]._for_xml_id(
            "sale_esm.esm_trial_end_action"
        )

    @api.model
    def _first_steps_open_won(self):
        """Add a pricelist in won for a company with books in another currency."""
        if not self.env.user.has_group("sale_esm.group_manager"):
            raise AccessError(self.env._("Only managers can add a pricelist in won."))
        # sudo: managers of the marketplace need not be those of sales or of the
        # server, and without a pricelist they cannot register a shop
        won = self.env.ref("base.KRW").sudo()
        if not won.active:
            won.active = True
        self.env["product.pricelist"].sudo().create(
            {
                "name": self.env._("Gmarket and Auction (KRW)"),
                "currency_id": won.id,
                "company_id": self.env.company.id,
            }
        )
        return False

    @api.model
    def _first_steps_open_account(self):
        facts = self._first_steps_facts()
        return self._first_steps_form(
            "esm.account",
            (facts["accounts"] - facts["keyed"])[:1],
            self.env._("ESM Plus Account"),
        )

    @api.model
    def _first_steps_open_accounts(self):
        return self._first_steps_list("sale_esm.esm_account_action")

    @api.model
    def _first_steps_open_shop(self):
        return self._first_steps_form(
            "esm.shop", self.browse(), self.env._("Register a Shop")
        )

    @api.model
    def _first_steps_open_shops(self):
        return self._first_steps_list("sale_esm.esm_shop_action")

    @api.model
    def _first_steps_open_shop_carrier(self):
        shop = self._first_steps_facts()["shops"].filtered(
            lambda shop: not shop.carrier_id
        )[:1]
        return self._first_steps_form("esm.shop", shop, shop.name)

    @api.model
    def _first_steps_open_courier(self):
        carrier = self._first_steps_facts()["shops"].carrier_id.filtered(
            lambda carrier: not carrier.esm_courier_id
        )[:1]
        return self._first_steps_form("delivery.carrier", carrier, carrier.name)

    @api.model
    def _first_steps_open_refused(self):
        shop = self._first_steps_facts()["shops"].filtered(
            lambda shop: shop.connection_state == "refused"
        )[:1]
        return self._first_steps_form("esm.shop", shop, shop.name)

    @api.model
    def _first_steps_open_test(self):
        """Test the connection of each shop that has none yet."""
        shops = self._first_steps_facts()["shops"].filtered(
            lambda shop: shop.connection_state != "connected"
        )
        action = False
        for shop in shops:
            action = shop.action_test_connection()
        if not action:
            return False
        worst = shops.filtered(lambda shop: shop.connection_state != "connected")
        message = "\n".join(
            f"{shop.name}: {shop.connection_message}" for shop in worst or shops
        )
        action["params"] = {
            "type": "danger" if worst else "success",
            "sticky": bool(worst),
            "message": message,
        }
        return action

    @api.model
    def _first_steps_open_listings(self):
        shops = self._first_steps_facts()["shops"].filtered(
            lambda shop: shop._first_steps_connects()
        )
        action = False
        for shop in shops:
            action = shop.action_read_listings()
        return action

    @api.model
    def _first_steps_open_match(self):
        return self._first_steps_list(
            "sale_esm.esm_listing_option_action", search_default_unmatched=1
        )

    @api.model
    def _first_steps_open_codes(self):
        return self._first_steps_list("product.product_normal_action_sell")

    @api.model
    def _first_steps_open_reference(self):
        return self.env["ir.actions.act_window"]._for_xml_id(
            "sale.action_sale_config_settings"
        )

    @api.model
    def _first_steps_open_excel(self):
        return self._first_steps_list("sale_esm.esm_code_export_action")

    @api.model
    def _first_steps_open_collect(self):
        shops = self._first_steps_facts()["shops"].filtered(
            lambda shop: shop._first_steps_connects()
        )
        return shops.action_collect_now()

    @api.model
    def _first_steps_open_orders(self):
        return self._first_steps_list("sale_esm.esm_order_action")

    @api.model
    def _first_steps_open_problems(self):
        return self._first_steps_list(
            "sale_esm.esm_order_action_problems", search_default_problem=1
        )

    @api.model
    def _first_steps_open_to_confirm(self):
        return self._first_steps_list(
            "sale_esm.esm_order_action", search_default_to_confirm=1
        )

    @api.model
    def _first_steps_open_quotations(self):
        return self._first_steps_list(
            "sale.action_quotations_with_onboarding",
            domain=[("esm_shop_id", "!=", False), ("state", "=", "draft")],
        )

    @api.model
    def _first_steps_open_deliveries(self):
        return self._first_steps_list(
            "sale_esm.stock_picking_action_to_ship",
            search_default_available=1,
            restricted_picking_type_code="outgoing",
        )

    @api.model
    def _first_steps_open_refused_number(self):
        return self._first_steps_list(
            "sale_esm.stock_picking_action_to_ship", search_default_esm_not_sent=1
        )

    @api.model
    def _first_steps_open_stock(self):
        return self.env["stock.quant"].action_view_inventory()

    @api.model
    def _first_steps_open_send(self):
        """Send the tracking numbers that wait, now."""
        # sudo: the connector sends for the shop, not for the person who presses
        Outbox = self.env["esm.outbox"].sudo()
        for shop in self._first_steps_facts()["shops"].sudo():
            Outbox._send_shop(shop, ["ship"])
        return {"type": "ir.actions.client", "tag": "soft_reload"}
