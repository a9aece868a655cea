"""Many sales orders are confirmed at once: what Odoo does for each is done for all.

A release hands a :class:`ReleaseBatch` down in the context; without one, Odoo does as
it always does. Nothing is left out that a delivery is made of: the same records come
out, with the same values. Only what would be asked or written order by order is not.
"""

from odoo import api, models

# How Odoo chooses the delivery of a move, and its modules that leave the choice for new
# orders as it is.
CHOICES = (
    "_assign_picking",
    "_search_picking_for_assignation",
    "_search_picking_for_assignation_domain",
)
KNOWN_MODULES = ("stock", "stock_picking_batch", "mrp")


class ReleaseBatch:
    """What the sales orders that are confirmed together share."""

    def __init__(self):
        # Rules do not change meanwhile.
        self.rules = {}
        # Deliveries that are confirmed together, as long as they are gathered.
        self.pickings = None
        # Values of move lines whose goods are reserved, as long as they are gathered.
        self.move_lines = None
        # Whether the move lines that are made now are such.
        self.gathers_lines = False
        # Whether other modules say which delivery a move goes into.
        self.others_choose = None
        # Whether the company divides its sales among analytic accounts by rules.
        self.has_analytic_rules = None


def batch_of(records):
    """The batch that these records are confirmed in, or None."""
    return records.env.context.get("esm_batch")


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _action_launch_stock_rule(self, **kwargs):
        """Extend: make references, and confirm deliveries, of all orders at once."""
        batch = batch_of(self)
        if not batch or batch.pickings is not None:
            return super()._action_launch_stock_rule(**kwargs)
        self._esm_make_references()
        batch.pickings = self.env["stock.picking"]
        try:
            res = super()._action_launch_stock_rule(**kwargs)
        finally:
            pickings, batch.pickings = batch.pickings, None
        pickings.action_confirm()
        return res

    def _esm_make_references(self):
        """Make what ties the moves of an order together, as Odoo is about to do."""
        first_lines = {}
        for line in self:
            if (
                line.state == "sale"
                and line.product_uom_qty
                and line.product_id.type == "consu"
                and not line.move_ids
                and not line.order_id.locked
                and not line.order_id.stock_reference_ids
            ):
                first_lines.setdefault(line.order_id, line)
        self.env["stock.reference"].create(
            [line._prepare_reference_vals() for line in first_lines.values()]
        )


class AccountAnalyticDistributionModel(models.Model):
    _inherit = "account.analytic.distribution.model"

    def _get_applicable_models(self, vals):
        """Extend: where there are no rules, do not look for them for each line."""
        if not (batch := batch_of(self)):
            return super()._get_applicable_models(vals)
        if batch.has_analytic_rules is None:
            batch.has_analytic_rules = bool(self.search_count([], limit=1))
        if not batch.has_analytic_rules:
            return self.browse()
        return super()._get_applicable_models(vals)


class StockRule(models.Model):
    _inherit = "stock.rule"

    def _search_rule_for_warehouses(
        self, route_ids, packaging_uom_id, product_id, warehouse_ids, domain
    ):
        """Extend: look once for the rules of a product, not for each order of it."""
        batch = batch_of(self)
        arguments = (route_ids, packaging_uom_id, product_id, warehouse_ids, domain)
        if not batch:
            return super()._search_rule_for_warehouses(*arguments)
        key = (
            self.env,
            *(part and part.ids and tuple(part.ids) for part in arguments[:4]),
        )
        key = (*key, repr(domain))
        if key not in batch.rules:
            batch.rules[key] = super()._search_rule_for_warehouses(*arguments)
        return batch.rules[key]


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_confirm(self, merge=True, merge_into=False, create_proc=True):
        """Extend: make the deliveries of new orders in one go."""
        batch = batch_of(self)
        if batch and batch.others_choose is None:
            batch.others_choose = self._esm_others_choose()
        if batch and not batch.others_choose:
            self._esm_make_pickings()
        return super()._action_confirm(
            merge=merge, merge_into=merge_into, create_proc=create_proc
        )

    @api.model
    def _esm_others_choose(self):
        """Whether a module that we do not know says which delivery a move goes into.

        One that collects the orders of a buyer in one delivery, say.
        """
        return any(
            name in vars(part) and part._module not in KNOWN_MODULES
            for part in type(self).mro()
            for name in CHOICES
        )

    def _esm_make_pickings(self):
        """Put these moves into new deliveries where nothing else comes into question.

        Odoo looks for a delivery of the same order for each of them first.
        """
        moves = self.filtered(
            lambda move: (
                move.state == "draft"
                and move.reference_ids
                and move.product_uom_qty > 0
                and not move.move_orig_ids
                and move.procure_method == "make_to_stock"
                and move.rule_id.procure_method != "mts_else_mto"
                and move._should_be_assigned()
            )
        )
        if not moves or moves != self:
            return  # procurements and chains come before deliveries
        with_picking = self.search_fetch(
            [
                ("reference_ids", "in", moves.reference_ids.ids),
                ("picking_id", "!=", False),
            ],
            ["reference_ids"],
        ).reference_ids
        groups = moves.filtered(
            lambda move: not move.reference_ids & with_picking
        ).grouped(lambda move: move._key_assign_picking())
        # One delivery for each set of references, or Odoo has to decide.
        references = [ref for key in groups for ref in key[0]]
        if not groups or len(set(references)) != len(references):
            return
        pickings = self.env["stock.picking"].create(
            [group._get_new_picking_values() for group in groups.values()]
        )
        for picking, group in zip(pickings, groups.values(), strict=True):
            group.write({"picking_id": picking.id})
            group._assign_picking_post_process(new=True)

    def _trigger_scheduler(self):
        """Extend: only for products that have a reordering rule at all."""
        if not batch_of(self):
            return super()._trigger_scheduler()
        ordered = self.env["stock.warehouse.orderpoint"]._read_group(
            [("product_id", "in", self.product_id.ids), ("trigger", "=", "auto")],
            ["product_id"],
        )
        products = self.env["product.product"].union(
            *(product for [product] in ordered)
        )
        return super(
            StockMove, self.filtered(lambda move: move.product_id in products)
        )._trigger_scheduler()

    def _action_assign(self, force_qty=False):
        """Extend: write what was reserved for all of these moves at once."""
        batch = batch_of(self)
        if not batch or batch.move_lines is not None:
            return super()._action_assign(force_qty=force_qty)
        batch.move_lines = []
        try:
            res = super()._action_assign(force_qty=force_qty)
            # Odoo makes the lines of moves without reservation, and these with them.
            if batch.move_lines:
                self.env["stock.move.line"].create([])
        finally:
            batch.move_lines = None
        return res

    def _update_reserved_quantity(self, *args, **kwargs):
        """Extend: reserve the goods now, but leave their lines for later.

        Which goods is asked as always: other modules leave out what has expired, say.
        """
        batch = batch_of(self)
        if not batch or batch.move_lines is None:
            return super()._update_reserved_quantity(*args, **kwargs)
        batch.gathers_lines = True
        try:
            return super()._update_reserved_quantity(*args, **kwargs)
        finally:
            batch.gathers_lines = False

    def _esm_reserve(self, values):
        """Reserve the goods of a line of this move, as making the line does.

        :param dict values: of a `stock.move.line` that is made later
        """
        uom = self.env["uom.uom"].browse(values["product_uom_id"])
        self.env["stock.quant"]._update_reserved_quantity(
            self.product_id,
            self.env["stock.location"].browse(values["location_id"]),
            uom._compute_quantity(
                values["quantity"], self.product_id.uom_id, rounding_method="HALF-UP"
            ),
            lot_id=self.env["stock.lot"].browse(values.get("lot_id") or ()),
            package_id=self.env["stock.package"].browse(values.get("package_id") or ()),
            owner_id=self.env["res.partner"].browse(values.get("owner_id") or ()),
        )


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: gather lines, and make those whose goods are reserved already."""
        batch = batch_of(self)
        if batch and batch.gathers_lines:
            for values in vals_list:
                move = self.env["stock.move"].browse(values["move_id"])
                move._esm_reserve(values)
            batch.move_lines += vals_list
            return self.browse()
        if batch and batch.move_lines:
            reserved, batch.move_lines = batch.move_lines, []
            # From the top: modules above this one add their share to each line.
            self.with_context(esm_reserved=True).create(reserved)
        return super().create(vals_list)


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model
    def _update_reserved_quantity(self, *args, **kwargs):
        """Extend: what a batch has reserved is not reserved again with its lines."""
        if self.env.context.get("esm_reserved"):
            return None
        return super()._update_reserved_quantity(*args, **kwargs)


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def action_confirm(self):
        """Extend: the deliveries of a batch are confirmed together."""
        batch = batch_of(self)
        if batch and batch.pickings is not None:
            batch.pickings |= self.with_env(batch.pickings.env)
            return True
        return super().action_confirm()
