from odoo import api, fields, models
from odoo.exceptions import ValidationError


class EsmSandboxMixin(models.AbstractModel):
    """Marks what comes from a sandbox, so that nobody takes it for real."""

    _name = "esm.sandbox.mixin"
    _description = "From a Sandbox"

    # The field that holds the `esm.shop`.
    _esm_shop_field = "esm_shop_id"

    esm_sandbox = fields.Boolean(
        string="From the Sandbox",
        compute="_compute_esm_sandbox",
        search="_search_esm_sandbox",
        # Salespeople and packers see the mark whether or not they may see shops.
        compute_sudo=True,
        help="It comes from a sandbox, not from a real marketplace: nobody has bought "
        "anything.",
    )

    @api.depends(lambda self: [f"{self._esm_shop_field}.account_id.environment"])
    def _compute_esm_sandbox(self):
        for record in self:
            shop = record[self._esm_shop_field]
            record.esm_sandbox = shop.account_id.environment == "sandbox"

    def _search_esm_sandbox(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: as above; closed trials count as well
        shops = self.env["esm.shop"].sudo().with_context(active_test=False)
        ids = shops.search([("account_id.environment", "=", "sandbox")]).ids
        if set(value) == {True, False}:
            return []
        return [(self._esm_shop_field, "in" if True in value else "not in", ids)]


class EsmOrder(models.Model):
    _name = "esm.order"
    _inherit = ["esm.order", "esm.sandbox.mixin"]
    _esm_shop_field = "shop_id"


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "esm.sandbox.mixin"]


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["stock.picking", "esm.sandbox.mixin"]

    def _esm_label_values(self):
        """Extend: nobody hands a sandbox's parcel to a courier by mistake."""
        values = super()._esm_label_values()
        if self[:1].esm_sandbox:
            values["courier"] = self.env._(
                "SANDBOX %(courier)s", courier=values["courier"] or ""
            ).strip()
        return values


class EsmShop(models.Model):
    _inherit = "esm.shop"

    def write(self, vals):
        """Extend: a sandbox's orders do not move to a real marketplace either."""
        # sudo: the account is another matter for people who see only orders
        before = {shop: shop.sudo().account_id.environment for shop in self}
        res = super().write(vals)
        if "account_id" in vals:
            self.filtered(
                lambda shop: shop.sudo().account_id.environment != before[shop]
            )._check_no_orders()
        return res

    def _check_no_orders(self):
        """Where these shops have orders, their environment cannot be another one.

        :raise ValidationError: one of them has orders
        """
        # sudo: shops of other companies that share the account as well
        mixed = (
            self.env["esm.order"]
            .sudo()
            ._read_group([("shop_id", "in", self.ids)], ["shop_id"])
        )
        if mixed:
            raise ValidationError(
                self.env._(
                    "%(shops)s: there are orders already. Sandbox orders and real ones "
                    "must not be mixed up: register another account and shop instead.",
                    shops=", ".join(shop.name for [shop] in mixed),
                )
            )

    @api.depends("name", "account_id.environment")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """Extend: wherever a shop is named, in lists, groups and reports, one sees
        whether it is a sandbox's; first, because narrow columns cut the end."""
        for shop in self:
            # sudo: the account is another matter for people who see only orders
            sandbox = shop.sudo().account_id.environment == "sandbox"
            shop.display_name = (
                self.env._("[Sandbox] %(shop)s", shop=shop.name)
                if sandbox
                else shop.name
            )


class EsmAccount(models.Model):
    _inherit = "esm.account"

    def write(self, vals):
        """Extend: a sandbox's orders never become those of a real marketplace."""
        environment = vals.get("environment")
        changed = self.filtered(
            lambda account: environment and account.environment != environment
        )
        # sudo: shops of other companies that share the account as well
        changed.sudo().with_context(active_test=False).shop_ids._check_no_orders()
        return super().write(vals)
