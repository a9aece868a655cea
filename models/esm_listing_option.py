from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain

from ..esm_api import option_text_key
from .booking import goods_parts, products_by_code


class EsmListingOption(models.Model):
    """What buyers choose: an option of a listing, or the item that has none.

    It is matched to what leaves the warehouse for it: one product, a number of pieces
    of it (a pack), or several products (a set).
    """

    _name = "esm.listing.option"
    _description = "Option of a Marketplace Listing"
    _order = "listing_id, id"
    _rec_names_search = ["name", "code", "listing_id.name", "listing_id.site_goods_no"]
    _check_company_auto = True

    listing_id = fields.Many2one(
        "esm.listing", required=True, index=True, ondelete="cascade", readonly=True
    )
    shop_id = fields.Many2one(
        related="listing_id.shop_id", store=True, precompute=True, index=True
    )
    company_id = fields.Many2one(
        related="listing_id.company_id", store=True, precompute=True, index=True
    )
    site = fields.Selection(related="listing_id.site")
    site_goods_no = fields.Char(related="listing_id.site_goods_no")
    listing_state = fields.Selection(related="listing_id.state", string="On the Site")
    key = fields.Char(
        readonly=True,
        help="ESM's key of the option; empty for an item without options.",
    )
    name = fields.Char(required=True, readonly=True)
    text_key = fields.Char(readonly=True)
    code = fields.Char(
        readonly=True,
        index="btree_not_null",
        help="Inventory code of the option, or seller management code of an item "
        "without options, as it stands in ESM Plus.",
    )
    shown = fields.Boolean(
        default=True, readonly=True, help="Off: buyers do not see this option."
    )
    surcharge = fields.Monetary(readonly=True)
    currency_id = fields.Many2one(related="shop_id.currency_id")
    offered = fields.Integer(
        string="On Sale",
        readonly=True,
        help="Pieces that buyers can buy, as last read or written.",
    )
    match_method = fields.Selection(
        [
            ("inventory", "Inventory code"),
            ("seller", "Seller management code"),
            ("manual", "By hand"),
        ],
        string="Matched By",
        readonly=True,
        index=True,
    )
    match_state = fields.Selection(
        [
            ("inventory", "Inventory code"),
            ("seller", "Seller code"),
            ("manual", "By hand"),
            ("no_code", "No code at ESM"),
            ("unknown_code", "Unknown code"),
            ("several", "Several products fit"),
        ],
        string="Match",
        compute="_compute_suggestion_id",
        help="What matched it, or why nothing did: it has no code in ESM Plus, no "
        "product has its code, or the code is the reference or barcode of several.",
    )
    component_ids = fields.One2many(
        "esm.listing.component",
        "option_id",
        string="Goods",
        help="What leaves the warehouse for one piece sold.",
    )
    product_ids = fields.Many2many(
        "product.product",
        string="Products",
        compute="_compute_products",
        search="_search_product_ids",
    )
    product_text = fields.Char(
        string="Leaves the Warehouse", compute="_compute_products"
    )
    suggestion_id = fields.Many2one(
        "product.product",
        compute="_compute_suggestion_id",
        help="A product whose internal reference or barcode equals the code.",
    )

    _key_uniq = models.UniqueIndex("(listing_id, key)", "This option is already known.")

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    @api.depends("name", "key", "listing_id.name")
    def _compute_display_name(self):
        for option in self:
            parts = [option.listing_id.name, option.name if option.key else None]
            option.display_name = " / ".join(filter(None, parts))

    @api.depends("component_ids.product_id", "component_ids.quantity")
    def _compute_products(self):
        for option in self:
            option.product_ids = option.component_ids.product_id
            option.product_text = option.component_ids._text() or False

    def _search_product_ids(self, operator, value):
        return [("component_ids.product_id", operator, value)]

    @api.depends("code", "match_method")
    def _compute_suggestion_id(self):
        for option in self:
            option.suggestion_id = False
            option.match_state = option.match_method or (
                "unknown_code" if option.code else "no_code"
            )
        waiting = self.filtered(lambda option: option.match_state == "unknown_code")
        for company, options in waiting.grouped("company_id").items():
            codes = set(options.mapped("code"))
            found = {}
            Product = self.env["product.product"]
            products = Product.search(
                Domain(Product._check_company_domain(company))
                & (
                    Domain("default_code", "in", list(codes))
                    | Domain("barcode", "in", list(codes))
                )
            )
            for product in products:
                for code in {product.default_code, product.barcode} & codes:
                    found[code] = found.get(code, products.browse()) | product
            for option in options:
                fits = found.get(option.code, products.browse())
                if len(fits) > 1:  # no suggestion but a guess
                    option.match_state = "several"
                else:
                    option.suggestion_id = fits

    # ------------------------------------------------------------------
    # Match
    # ------------------------------------------------------------------

    def _rematch(self):
        """Match these options by their codes, unless a person matched them.

        One search for all; only what changed is written.

        :return: options whose match changed
        """
        changed = self.browse()
        options = self.filtered(lambda option: option.match_method != "manual")
        for company, part in options.grouped("company_id").items():
            changed |= part._match_by_code(company)
        changed._wake_orders()
        return changed

    def _match_by_code(self, company):
        found = products_by_code(self.env, company, self.mapped("code"))
        none = self.env["product.product"]
        changed, gone = self.browse(), self.env["esm.listing.component"]
        fresh, methods = [], {}
        for option in self:
            method = "inventory" if option.key else "seller"
            product = found[method].get(option.code)
            if option.component_ids.product_id == (product or none):
                continue
            changed |= option
            gone |= option.component_ids
            methods.setdefault(method if product else False, []).append(option.id)
            if product:
                fresh.append({"option_id": option.id, "product_id": product.id})
        gone.unlink()
        self.env["esm.listing.component"].create(fresh)
        for method, ids in methods.items():
            self.browse(ids).match_method = method
        return changed

    @api.model
    def _rematch_products(self, products, codes):
        """Codes of products changed: match again what they had and what they get.

        :param products: `product.product` recordset
        :param codes: codes that they have now
        """
        self.search(
            Domain("match_method", "!=", "manual")
            & (
                Domain("code", "in", list(codes))
                | Domain("component_ids.product_id", "in", products.ids)
            )
        )._rematch()

    def _set_match(self, components):
        """Match this option by hand, here and on the item's other site.

        :param components: list of (product, quantity); empty: as the codes say
        """
        self.ensure_one()
        for option in self | self._twin():
            option.component_ids.unlink()
            if components:
                option.write(
                    {
                        "match_method": "manual",
                        "component_ids": [
                            Command.create(
                                {"product_id": product.id, "quantity": quantity}
                            )
                            for product, quantity in components
                        ],
                    }
                )
                option._wake_orders()
            else:
                option.match_method = False
                option._rematch()

    def _twin(self):
        """The same option of the same item on its other site."""
        self.ensure_one()
        siblings = self.listing_id._siblings() - self.listing_id
        # The shop of the other site may belong to a company with goods of its own.
        return siblings.option_ids.filtered(
            lambda option: (
                option.key == self.key and option.company_id == self.company_id
            )
        )

    def _orders(self, domain):
        """Marketplace orders of this option, here and on the item's other site.

        :param domain: which orders
        :return: `esm.order` recordset
        """
        self.ensure_one()
        options = self | self._twin()
        rows = self.env["esm.order"].search(
            Domain("shop_id", "in", options.shop_id.ids)
            & Domain("goods_no", "in", options.mapped("site_goods_no"))
            & Domain(domain)
        )
        return rows.filtered(
            lambda row: any(map(self._is_chosen_by, goods_parts(row._parsed())))
        )

    def _is_chosen_by(self, part):
        """Whether a part of an order of this goods number means this option."""
        if not self.key:
            return part.kind == "seller"
        if part.kind != "inventory":
            return False
        text_key = option_text_key(part.text)
        if text_key in self.listing_id.option_ids.mapped("text_key"):
            # A code may stand for several options.
            return text_key == self.text_key
        return bool(part.code) and part.code == self.code

    def _wake_orders(self):
        """Orders that wait for these goods are looked at again."""
        matched = self.filtered("match_method")
        if not matched:
            return
        rows = self.env["esm.order"].search(
            [
                ("shop_id", "in", matched.shop_id.ids),
                ("goods_no", "in", matched.mapped("site_goods_no")),
                ("problem", "=", "unmatched"),
                ("state", "in", ("received", "booked")),
            ]
        )
        rows._wake_unmatched()

    @api.ondelete(at_uninstall=False)
    def _unlink_trigger_stock(self):
        """What is sold under other options may be more now."""
        self.env["esm.listing"]._trigger_stock(self.component_ids.product_id)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_match(self):
        """Open the dialog that matches this option by hand."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Match"),
            "res_model": "esm.match",
            "view_mode": "form",
            "target": "new",
            "context": {"default_option_id": self.id},
        }

    def action_accept_suggestion(self):
        """Match these options with the suggested products."""
        self.check_access("write")
        options = self.filtered("suggestion_id")
        if not options:
            raise UserError(
                self.env._(
                    "There is no suggestion: no product has the code as its internal "
                    "reference or barcode. Press Match and choose the product."
                )
            )
        for option in options:
            # sudo: components are written by the connector only
            option.sudo()._set_match([(option.suggestion_id, 1)])
        return True

    def action_create_products(self):
        """Create a product with name, price and code for each of these options.

        For merchants whose goods are not in Odoo yet. The code matches the other site
        of the same item, too; what has no code in ESM Plus is matched by hand.
        """
        self.check_access("write")
        options = self.filtered(lambda option: not option.match_method)
        if not options:
            raise UserError(self.env._("All of these have their product already."))
        Product = self.env["product.product"]
        values, by_hand, seen = [], [], set()
        for option in options:
            fname = "esm_inventory_code" if option.key else "esm_seller_code"
            code = option.code
            known = (option.company_id, fname, code) if code else option
            if known in seen:
                continue
            seen.add(known)
            if not code:
                seen.update(option._twin())
                by_hand.append((len(values), option))
            name = option.listing_id.name
            values.append(
                {
                    "name": f"{name} ({option.name})" if option.key else name,
                    "list_price": option.listing_id.price + option.surcharge,
                    "is_storable": True,
                    fname: code,
                }
            )
        products = Product.create(values)
        for index, option in by_hand:
            # sudo: components are written by the connector only
            option.sudo()._set_match([(products[index], 1)])
        return {
            "type": "ir.actions.act_window",
            "res_model": "product.product",
            "view_mode": "list,form",
            "domain": [("id", "in", products.ids)],
            "name": self.env._("New Products"),
        }

    def action_write_codes(self):
        """Write the inventory codes of the matched products into ESM's options."""
        self.check_access("write")
        codes = {}
        for option in self.filtered(lambda option: option.key and option._own_code()):
            if option._own_code() != option.code:
                codes.setdefault(option.listing_id.sudo(), {})[option.key] = (
                    option._own_code()
                )
        if not codes:
            raise UserError(
                self.env._(
                    "There is no code to write: choose options that are matched with "
                    "one piece of a product that has an inventory code. Seller "
                    "management codes are entered in ESM Plus."
                )
            )
        # sudo: the outbox is written by the connector only
        self.env["esm.outbox"].sudo()._request_values("codes", codes)
        return True

    def _own_code(self):
        """Inventory code of the one product that this option is, if it has one."""
        self.ensure_one()
        components = self.component_ids
        if len(components) == 1 and components.quantity == 1:
            return components.product_id.esm_inventory_code
        return False

    def action_undo_match(self):
        """Forget what was matched by hand; codes count again."""
        self.check_access("write")
        for option in self.filtered(lambda option: option.match_method == "manual"):
            option.sudo()._set_match([])  # as above
        return True


class EsmListingComponent(models.Model):
    """A product in what is sold, with its number of pieces."""

    _name = "esm.listing.component"
    _description = "Goods of a Marketplace Option"
    _order = "id"
    _rec_name = "product_id"
    _check_company_auto = True

    option_id = fields.Many2one(
        "esm.listing.option", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="option_id.company_id", store=True, precompute=True
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    quantity = fields.Float(
        default=1.0,
        required=True,
        digits="Product Unit",
        help="Pieces of the product in one piece sold: 3 for a pack of three.",
    )

    _product_uniq = models.UniqueIndex(
        "(option_id, product_id)", "A product can be in a set once: raise its quantity."
    )

    @api.constrains("quantity")
    def _check_quantity(self):
        for component in self:
            if component.quantity <= 0:
                raise ValidationError(
                    self.env._(
                        "%(product)s: the quantity must be above zero.",
                        product=component.product_id.display_name,
                    )
                )

    def _text(self):
        """What these are, for people: "3 × Tea + Mug"."""
        return " + ".join(
            component.product_id.display_name
            if component.quantity == 1
            else f"{component.quantity:g} × {component.product_id.display_name}"
            for component in self
        )

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: what is on sale changes with what it consists of."""
        components = super().create(vals_list)
        self.env["esm.listing"]._trigger_stock(components.product_id)
        return components
