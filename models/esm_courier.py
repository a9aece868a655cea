from odoo import api, fields, models
from odoo.exceptions import UserError

from ..esm_api import COURIERS, MOST_USED_COURIERS, EsmError, courier_site


class EsmCourier(models.Model):
    """A courier (택배사) with the code that ESM knows it by."""

    _name = "esm.courier"
    _description = "ESM Courier"
    _order = "sequence, name, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True)
    code = fields.Integer(required=True, aggregator=None)
    site = fields.Selection(
        [("gmarket", "Gmarket only"), ("auction", "Auction only")],
        help="Empty: both sites.",
    )
    sequence = fields.Integer(default=100)
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint(
        "UNIQUE(code)", "This courier code is already there."
    )

    @api.depends("name", "code")
    def _compute_display_name(self):
        for courier in self:
            courier.display_name = f"{courier.name} ({courier.code})"

    @api.model
    def _load_known(self):
        """Create the couriers that are known without asking ESM."""
        self._take_over(COURIERS)

    @api.model
    def _take_over(self, names):
        """Add couriers that are missing and update names that changed.

        Codes that are not named any more are kept: old deliveries use them.

        :param names: dict code -> name
        :return: number of new couriers
        """
        names = dict(names)
        codes = list(names)
        for courier in self.with_context(active_test=False).search(
            [("code", "in", codes)]
        ):
            name = names.pop(courier.code)
            if name != courier.name:
                courier.name = name
        ranks = {code: rank for rank, code in enumerate(MOST_USED_COURIERS, start=1)}
        self.create(
            [
                {
                    "code": code,
                    "name": name,
                    "site": site.value if (site := courier_site(name)) else False,
                    "sequence": ranks.get(code, 100),
                }
                for code, name in names.items()
            ]
        )
        return len(names)

    @api.model
    def action_refresh(self):
        """Read the courier list of ESM: new codes are added, names updated."""
        self.check_access("create")
        shop = self.env["esm.shop"].search([("company_id", "!=", False)], limit=1)
        if not shop:
            raise UserError(
                self.env._("Register a shop first: ESM is asked with its key.")
            )
        try:
            couriers = shop._api().delivery.couriers()
        except EsmError as error:
            raise UserError(shop._explain(error)) from error
        new = self._take_over({courier.code: courier.name for courier in couriers})
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Courier list read: %(new)s new couriers.", new=new
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
