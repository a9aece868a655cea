from odoo import api, models

# What the responsible user is told of, with the type of the activity. The others stand
# in the list: nothing is lost if nobody looks at them today. Deadlines are told before
# they are missed, see `stock.picking`.
TOLD = {
    "connection": "sale_esm.mail_activity_type_shop",
    "goods": "sale_esm.mail_activity_type_shop",
    **dict.fromkeys(
        (
            *("unmatched", "amount", "address", "confirmation", "cancel"),
            *("cancelled_late", "cancelled_here", "elsewhere", "address_changed"),
            *("tracking", "error", "delay", "silent"),
        ),
        "sale_esm.mail_activity_type_problem",
    ),
    **dict.fromkeys(
        ("stock", "price", "codes", "stopped"), "sale_esm.mail_activity_type_listing"
    ),
    "repack": "sale_esm.mail_activity_type_repack",
    "numbers": "sale_esm.mail_activity_type_numbers",
}


class EsmProblem(models.Model):
    """Who is told of problems: one activity for each cause.

    Records say that something about their problems has changed; once in a transaction,
    right before its end, the activities of these shops are compared with the list.
    """

    _name = "esm.problem"
    _inherit = ["esm.problem", "esm.activity.mixin"]

    @api.model
    def _tell_later(self, shops):
        """Something about the problems of these shops has changed.

        :param shops: `esm.shop` recordset
        """
        if not shops:
            return
        hooks = self.env.cr.precommit
        if self._name not in hooks.data:
            hooks.data[self._name] = set()
            # sudo: everybody's activities are kept by the connector
            hooks.add(self.sudo().with_context(active_test=False)._tell_changed)
        hooks.data[self._name].update(shops.ids)

    @api.model
    def _tell_changed(self):
        """Compare the activities of the shops of `_tell_later` with their problems."""
        shops = self.env["esm.shop"].browse(
            self.env.cr.precommit.data.pop(self._name, ())
        )
        self._tell([("shop_id", "in", shops.exists().ids)])

    @api.model
    def _tell_all(self):
        """Compare all activities with the list."""
        # sudo: everybody's activities are kept by the connector
        self.sudo().with_context(active_test=False)._tell([])

    @api.model
    def _tell(self, domain):
        """Let there be one activity for each cause that is in the list.

        :param domain: of problems, in fields that `esm.notice` has as well: `kind`,
            `shop_id`, `company_id`
        """
        domain = [*domain, ("kind", "in", list(TOLD))]
        self.invalidate_model()  # they may have changed since
        problems = self.search(domain).filtered(lambda problem: problem._is_told())
        causes = {}
        for problem in problems.sorted("id"):
            causes.setdefault(problem.cause, self.browse())
            causes[problem.cause] |= problem
        self._esm_keep_activities(
            self.env["esm.notice"].search(domain),
            self._prepare_told(causes),
        )

    def _is_told(self):
        if self.kind == "connection":
            # Other trouble passes by itself; if not, it stands in the list.
            return self.shop_id.connection_state == "refused"
        # A gift's receiver may take his time, and nobody can do anything about it.
        return not (self.kind == "address" and self.severity == "3")

    @api.model
    def _prepare_told(self, causes):
        """What `_esm_keep_activities` wants to know, read for all causes at once.

        :param causes: dict cause -> problems that have it in common
        """
        firsts = self.browse([problems[0].id for problems in causes.values()])
        records = firsts._activity_records()
        wanted = {}
        for cause, problems in causes.items():
            first = problems[0]
            record, user = records[first]
            first = first.with_context(lang=user.lang, tz=user.tz)
            wanted[cause] = {
                "kind": first.kind,
                "type": TOLD[first.kind],
                "record": record,
                "user": user,
                "summary": first._activity_summary(),
                "text": first._activity_text(len(problems) - 1),
                "date": None,
                "shop": first.shop_id,
                "company": first.company_id,
            }
        return wanted

    def _activity_summary(self):
        kind = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
        about = self.code if self.kind == "unmatched" else False
        if self.kind in ("connection", "goods", "numbers"):
            about = self.name
        return f"{kind}: {about}" if about else kind

    def _activity_text(self, others):
        text = self.what or ""
        if others:
            text = self.env._(
                "%(text)s\n%(count)s more like this: see Problems.",
                text=text,
                count=others,
            )
        return text

    def _activity_records(self):
        """Where each problem is told, and to whom: a record that this user may open.

        :return: dict problem -> (record, `res.users` record)
        """
        Order, Outbox = self.env["esm.order"], self.env["esm.outbox"]
        by_model = {
            model: self.env[model].browse(problems.mapped("res_id"))
            for model, problems in self.grouped("res_model").items()
        }
        # Read at once, not for each problem.
        by_model.get("esm.order", Order).mapped("sale_order_id")
        by_model.get("esm.outbox", Outbox).mapped("listing_id")
        by_model.get("esm.outbox", Outbox).order_id.mapped("sale_order_id")
        carriers = by_model.get("delivery.carrier", self.env["delivery.carrier"])
        no_shop = self.env["esm.shop"]
        shops = no_shop.search([("carrier_id", "in", carriers.ids)], order="id desc")
        carrier_shops = {shop.carrier_id.id: shop for shop in shops}
        found, allowed = {}, {}
        for problem in self:
            record = self.env[problem.res_model].browse(problem.res_id)
            if record._name == "delivery.carrier":
                record = record.esm_range_ids[-1:]
            elif record._name == "esm.outbox":
                record = record.listing_id or record.order_id
            if record._name == "esm.order":
                record = record.sale_order_id
            shop = problem.shop_id or carrier_shops.get(problem.res_id, no_shop)
            user = self._esm_activity_user(shop.user_id, company=problem.company_id)
            found[problem] = record or shop, user
            allowed.setdefault((user, record._name), record.browse())
            allowed[user, record._name] |= record
        for user, model in allowed:
            records = allowed[user, model].with_user(user)
            records = records.with_context(allowed_company_ids=user.company_ids.ids)
            allowed[user, model] = records._filtered_access("read").ids
        return {
            problem: (
                record
                if record.id in allowed.get((user, record._name), ())
                else problem.shop_id or record,
                user,
            )
            for problem, (record, user) in found.items()
        }
