from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..esm_api import INVENTORY_CODE_BYTES, SELLER_CODE_BYTES

# In the context of a write whose codes are checked already. Being this very object, it
# cannot come from outside: contexts of the web client hold only plain values.
_CHECKED = object()


class ProductProduct(models.Model):
    _inherit = "product.product"

    esm_seller_code = fields.Char(
        string="Seller Management Code",
        copy=False,
        help="Seller management code (판매자관리코드) of a marketplace item without "
        "options. Orders of that item find this product by it.",
    )
    esm_inventory_code = fields.Char(
        string="Inventory Code",
        copy=False,
        help="Inventory code (재고관리코드) of one option of a marketplace item. "
        "Orders of that option find this product by it.",
    )
    esm_proposed_code = fields.Char(
        store=False,
        help="The code that the form has proposed: it follows the internal reference "
        "until somebody types another one.",
    )
    # `company_id` lives on the template: a column here lets the database keep
    # codes unique per company.
    esm_code_company_id = fields.Many2one(
        related="product_tmpl_id.company_id",
        store=True,
        string="Company of the Marketplace Codes",
    )

    _esm_seller_code_uniq = models.UniqueIndex(
        "(esm_seller_code, COALESCE(esm_code_company_id, 0)) "
        "WHERE active AND esm_seller_code IS NOT NULL",
        "Another product of this company already has this seller management code.",
    )
    _esm_inventory_code_uniq = models.UniqueIndex(
        "(esm_inventory_code, COALESCE(esm_code_company_id, 0)) "
        "WHERE active AND esm_inventory_code IS NOT NULL",
        "Another product of this company already has this inventory code.",
    )

    @api.model
    def _esm_code_fields(self):
        """Field name -> largest length in bytes (UTF-8) that ESM takes."""
        return {
            "esm_seller_code": SELLER_CODE_BYTES,
            "esm_inventory_code": INVENTORY_CODE_BYTES,
        }

    @api.model
    def _esm_code_label(self, fname):
        return self._fields[fname].get_description(self.env, ["string"])["string"]

    @api.model
    def _esm_length_problem(self, fname, code):
        """Why ESM does not take a code of this length; None if it does.

        It begins with the code, so that it can follow the field's label.
        """
        limit = self._esm_code_fields()[fname]
        if len(code.encode()) <= limit:
            return None
        return self.env._(
            "%(code)s is too long: the marketplace takes %(limit)s bytes at most (a "
            "Korean letter counts three).",
            code=code,
            limit=limit,
        )

    @api.model
    def _esm_taken_problem(self, code, holder):
        """Why `holder`, another product, keeps us from using a code.

        It begins with the code, so that it can follow the field's label.
        """
        # Somebody who may not see the other company's products learns no name.
        if holder.sudo(False).has_access("read"):
            return self.env._(
                "%(code)s is already used by %(product)s. Each code can belong to one "
                "product only.",
                code=code,
                product=holder.display_name,
            )
        return self.env._(
            "%(code)s is already used by a product that you may not see, of another "
            "company. Choose another code.",
            code=code,
        )

    @api.constrains("esm_seller_code", "esm_inventory_code", "active")
    def _check_esm_codes(self):
        for product in self.filtered("active"):
            for fname in self._esm_code_fields():
                problem = product[fname] and self._esm_length_problem(
                    fname, product[fname]
                )
                if problem:
                    raise ValidationError(
                        self.env._(
                            "%(product)s: %(label)s %(problem)s",
                            product=product.display_name,
                            label=self._esm_code_label(fname),
                            problem=problem,
                        )
                    )

    # ------------------------------------------------------------------
    # Who has a code
    # ------------------------------------------------------------------

    @api.model
    def _esm_holders(self, fname, codes):
        """Products of all companies that have some codes.

        :return: dict of code -> products, in sudo: they may be of a company that the
            user cannot see
        """
        holders = (
            self.sudo()
            .with_context(active_test=True)
            .search_fetch(
                [(fname, "in", list(codes))], [fname, "esm_code_company_id", "active"]
            )
        )
        return holders.grouped(fname)

    @api.model
    def _esm_share_codes(self, company, other):
        """Whether products of two companies would clash with the same code.

        A product of all companies (no company) shares its code with none of them.
        """
        return not company or not other or company == other

    @api.model
    def _esm_check_free(self, wanted):
        """Refuse codes that another product has, and say which one.

        The index keeps codes apart within one company as well, but only names the
        rule, and it does not see that a product of all companies must not share its
        code with one company's product.

        :param wanted: list of (field name, code, company or none, product or none): the
            codes after the change. A code that a product of the list gives up is free.
        :raise ValidationError: for the first code that is taken
        """
        for fname in self._esm_code_fields():
            asked, changing = defaultdict(list), set()
            for name, code, company, product in wanted:
                if name == fname and product:
                    changing.add(product.id)
                if name == fname and code:
                    asked[code].append((company, product))
            if not asked:
                continue
            holders = self._esm_holders(fname, asked)
            for code, claims in asked.items():
                others = [
                    (holder.esm_code_company_id, holder)
                    for holder in holders.get(code, ())
                    if holder.id not in changing
                ]
                self._esm_check_claims(fname, code, claims, others)

    @api.model
    def _esm_check_claims(self, fname, code, claims, others):
        """Refuse a code that several products want, or that one has already.

        :param claims, others: lists of (company, product): who asks, and who has it
        """
        for position, (company, _product) in enumerate(claims):
            for other_company, other in [*others, *claims[:position]]:
                if not self._esm_share_codes(company, other_company):
                    continue
                if other:
                    problem = self._esm_taken_problem(code, other)
                else:
                    problem = self.env._(
                        "%(code)s is meant for two products. Each code can belong to "
                        "one product only.",
                        code=code,
                    )
                raise ValidationError(
                    self.env._(
                        "%(label)s %(problem)s",
                        label=self._esm_code_label(fname),
                        problem=problem,
                    )
                )

    # ------------------------------------------------------------------
    # Create, write
    # ------------------------------------------------------------------

    @api.model
    def _esm_clean_codes(self, vals):
        """`vals` with trimmed codes, empty ones as no code at all."""
        changes = {
            fname: (vals[fname] or "").strip() or False
            for fname in self._esm_code_fields()
            if fname in vals
        }
        return {**vals, **changes} if changes else vals

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: a new code may be the one that orders are waiting for."""
        vals_list = [self._esm_clean_codes(vals) for vals in vals_list]
        Template, Company = self.env["product.template"], self.env["res.company"]
        self._esm_check_free(
            [
                (
                    fname,
                    vals[fname],
                    Company.browse(vals.get("company_id") or ())
                    or Template.browse(vals.get("product_tmpl_id") or ()).company_id,
                    None,
                )
                for vals in vals_list
                for fname in self._esm_code_fields()
                if vals.get(fname) and vals.get("active", True)
            ]
        )
        products = super().create(vals_list)
        products._esm_wake_waiting_orders()
        products._esm_default_codes(vals_list)
        return products

    def write(self, vals):
        """Extend: a new code may be the one that orders are waiting for."""
        if self.env.context.get("esm_codes") is _CHECKED:
            return super().write(vals)
        vals = self._esm_clean_codes(vals)
        touched = {*self._esm_code_fields(), "active"} & vals.keys()
        if touched:
            company = self.env["res.company"].browse(vals.get("company_id") or ())
            self._esm_check_free(
                [
                    (
                        fname,
                        vals.get(fname, product[fname]),
                        company if "company_id" in vals else product.company_id,
                        product,
                    )
                    for product in self
                    for fname in self._esm_code_fields()
                    if vals.get("active", product.active)
                ]
            )
        res = super().write(vals)
        if touched:
            self._esm_wake_waiting_orders()
        return res

    @api.model
    def _esm_set_codes(self, changes):
        """Give many products their codes at once, also where they swap them.

        :param changes: dict of product -> {field name: code or False}
        :raise ValidationError: a code is taken or too long; nothing is written then
        """
        products = self.browse([product.id for product in changes])
        self._esm_check_free(
            [
                (fname, code, product.company_id, product)
                for product, codes in changes.items()
                for fname, code in codes.items()
                if product.active
            ]
        )
        checked = products.with_context(esm_codes=_CHECKED, tracking_disable=True)
        # The database checks its index row by row: who gives up a code goes first.
        for fname in self._esm_code_fields():
            leaving = checked.filtered(
                lambda product, fname=fname: (
                    product[fname] and fname in changes[product]
                )
            )
            leaving.write({fname: False})
        checked.flush_recordset(list(self._esm_code_fields()))
        by_values = defaultdict(list)
        for product, codes in changes.items():
            codes = {fname: code for fname, code in codes.items() if code}
            if codes:
                by_values[tuple(codes.items())].append(product.id)
        for codes, ids in by_values.items():
            checked.browse(ids).with_prefetch(products.ids).write(dict(codes))
        checked.flush_recordset(list(self._esm_code_fields()))
        products._esm_wake_waiting_orders()

    def _esm_wake_waiting_orders(self):
        active = self.filtered("active")
        codes = {p[f] for p in active for f in self._esm_code_fields() if p[f]}
        if codes:
            # sudo: who maintains products need not have access to orders
            self.env["esm.order"].sudo()._wake_waiting_for(codes)
        # sudo: nor to listings, which lose or get their match by these codes
        self.env["esm.listing.option"].sudo()._rematch_products(self, codes)

    # ------------------------------------------------------------------
    # Codes from internal references
    # ------------------------------------------------------------------

    def _esm_default_code_field(self):
        """The field that takes the internal reference as its default.

        The seller management code stands for a product that is sold as it is, the
        inventory code for one variant of several.
        """
        lines = self.product_tmpl_id.valid_product_template_attribute_line_ids
        variants = lines._without_no_variant_attributes().filtered(
            lambda line: len(line.value_ids) > 1
        )
        return "esm_inventory_code" if variants else "esm_seller_code"

    def _esm_wants_default_codes(self):
        """Whether the company of this product wants codes from internal references."""
        company = self.company_id or self.env.company
        return company.sudo().esm_codes_from_reference

    def _esm_default_problem(self, fname, code, holders):
        """Why an internal reference cannot be this product's code, or None.

        :param holders: what `_esm_holders` returns for it
        """
        problem = self._esm_length_problem(fname, code)
        if problem:
            return problem
        for holder in holders.get(code, ()):
            if holder.id != self._origin.id and self._esm_share_codes(
                self.company_id, holder.esm_code_company_id
            ):
                return self._esm_taken_problem(code, holder)
        return None

    def _esm_default_codes(self, vals_list):
        """Give new products their internal reference as code, if it is so set.

        :param vals_list: what each product was created with. Who gave it a code, or
            left the code's field empty in a form, has decided.
        """
        fnames = self._esm_code_fields()
        waiting = [
            product
            for product, vals in zip(self, vals_list, strict=True)
            if (product.default_code or "").strip()
            and not any(fname in vals for fname in fnames)
            and not any(product[fname] for fname in fnames)
            and product._esm_wants_default_codes()
        ]
        if not waiting:
            return
        references = [product.default_code.strip() for product in waiting]
        holders = {fname: self._esm_holders(fname, references) for fname in fnames}
        changes, problems = {}, {}
        for product in waiting:
            fname = product._esm_default_code_field()
            code = product.default_code.strip()
            problem = product._esm_default_problem(fname, code, holders[fname])
            if problem:
                problems[product.id] = self.env._(
                    "The internal reference was not taken as marketplace code. "
                    "%(problem)s",
                    problem=problem,
                )
            else:
                changes[product] = {fname: code}
                # The next one with this reference finds it taken.
                known = holders[fname].get(code, self.sudo().browse())
                holders[fname][code] = known | product.sudo()
        self._esm_set_codes(changes)
        if problems:
            self.browse(problems)._message_log_batch(bodies=problems)

    @api.onchange("default_code")
    def _onchange_esm_default_code(self):
        return self._esm_propose_code(self)

    def _esm_propose_code(self, form):
        """Propose the internal reference as code in the form that it is typed in.

        :param form: `self`, or its template where that form is open
        :return: a warning for the form, or None
        """
        fname = self._esm_default_code_field()
        code = (form.default_code or "").strip()
        own = (form[fname] or False) not in (
            False,
            form.esm_proposed_code,
            form._origin.default_code,
        )
        if own or not self._esm_wants_default_codes():
            return None
        form[fname] = form.esm_proposed_code = False
        if not code:
            return None
        holders = self._esm_holders(fname, [code])
        problem = self._esm_default_problem(fname, code, holders)
        if problem:
            return {
                "warning": {
                    "title": self.env._("The marketplace code stays empty"),
                    "message": problem,
                }
            }
        form[fname] = form.esm_proposed_code = code
        return None

    def action_esm_take_references(self):
        """Show what it would be to take codes from internal references."""
        return self.env["esm.code.import"]._from_references(self)._get_records_action()
