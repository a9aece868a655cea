from odoo import api, fields, models
from odoo.tools import SQL, plaintext2html


class EsmNotice(models.Model):
    """A cause that somebody was told of, until it is gone.

    It outlives its activity: what a person marks as done or deletes was told, and is
    not told again as long as the cause lasts.
    """

    _name = "esm.notice"
    _description = "Marketplace Problem That Was Told"
    _rec_name = "cause"

    cause = fields.Char(required=True, help="What names the cause, and it alone.")
    kind = fields.Char(required=True, index=True)
    shop_id = fields.Many2one("esm.shop", index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one("res.company", ondelete="cascade")
    activity_id = fields.Many2one(
        "mail.activity", index="btree_not_null", ondelete="set null"
    )
    user_id = fields.Many2one("res.users", string="Responsible")
    text = fields.Text(help="What was told, as it was told last.")

    _cause_uniq = models.UniqueIndex("(cause)", "This was told already.")

    @api.model
    def _tell(self, causes):
        """Make the activities of these causes, which nobody was told of so far.

        :param causes: dict as of `esm.activity.mixin._esm_keep_activities`
        """
        kinds = {values["type"] for values in causes.values()}
        kinds = {name: self.env.ref(name) for name in kinds}
        notices = self._claim(causes)
        activities = (
            self.env["mail.activity"]
            .with_context(mail_activity_quick_update=True)
            .create(
                [
                    notice._prepare_activity_values(kinds[values["type"]], values)
                    for notice in notices
                    for values in [causes[notice.cause]]
                ]
            )
        )
        for notice, activity in zip(notices, activities, strict=True):
            notice.activity_id = activity

    @api.model
    def _claim(self, causes):
        """Note that these causes are told; of two workers one comes first.

        :param causes: dict as of `esm.activity.mixin._esm_keep_activities`
        :return: new `esm.notice` recordset
        :raise SerializationFailure: another worker tells one of them at this moment
        """
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """INSERT INTO esm_notice
                          (cause, kind, text, user_id, shop_id, company_id,
                           create_uid, write_uid, create_date, write_date)
                   VALUES %s
                       ON CONFLICT (cause) DO NOTHING
                RETURNING id""",
                SQL(", ").join(
                    SQL(
                        "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                        cause,
                        values["kind"],
                        values["text"],
                        values["user"].id,
                        values["shop"].id or None,
                        values["company"].id or None,
                        *(self.env.uid, self.env.uid, now, now),
                    )
                    for cause, values in causes.items()
                ),
            )
        )
        return self.browse([row[0] for row in rows])

    def _prepare_activity_values(self, kind, values):
        """Values of the activity that tells this cause.

        :param kind: `mail.activity.type` record
        :param values: dict as of `esm.activity.mixin._esm_keep_activities`
        """
        return {
            "res_model_id": self.env["ir.model"]._get_id(values["record"]._name),
            "res_id": values["record"].id,
            "activity_type_id": kind.id,
            "automated": True,
            "user_id": values["user"].id,
            "date_deadline": values["date"] or self._today_of(values["user"]),
            "summary": values["summary"],
            "note": plaintext2html(values["text"]),
        }

    @api.model
    def _today_of(self, user):
        return fields.Date.context_today(self.with_context(tz=user.tz or "UTC"))

    def _say(self, values):
        """Bring the activity up to date, if it is still open and says something else.

        :param values: dict as of `esm.activity.mixin._esm_keep_activities`
        """
        activity, record = self.activity_id, values["record"]
        if not activity.active:
            return
        # Somebody else may read it in another language.
        if self.text != values["text"] or self.user_id != values["user"]:
            self.text = values["text"]
            activity.write(
                {
                    "summary": values["summary"],
                    "note": plaintext2html(values["text"]),
                }
            )
        if (activity.res_model, activity.res_id) != (record._name, record.id):
            # What it was about is settled; others have the same cause.
            activity.write(
                {
                    "res_model_id": self.env["ir.model"]._get_id(record._name),
                    "res_id": record.id,
                }
            )

    def _hand_over(self, wanted):
        """Give the activities to who is responsible now, unless a person moved them.

        :param wanted: dict cause -> dict as of
            `esm.activity.mixin._esm_keep_activities`
        """
        changed = self.filtered(
            lambda notice: notice.user_id != wanted[notice.cause]["user"]
        )
        by_user = changed.grouped(lambda notice: wanted[notice.cause]["user"])
        for user, notices in by_user.items():
            theirs = notices.filtered(
                lambda notice: (
                    notice.activity_id.active
                    and notice.activity_id.user_id == notice.user_id
                )
            )
            theirs.activity_id.with_context(mail_activity_quick_update=True).write(
                {"user_id": user.id}
            )
            notices.user_id = user

    def _end(self):
        """These causes are gone: nobody has to do anything about them any more."""
        self.activity_id.filtered("active").unlink()
        self.unlink()

    @api.model
    def _forget(self, records):
        """These records are about to be deleted, with their activities.

        What is left of the cause is told again, about another record.
        """
        self.search(
            [
                ("activity_id.res_model", "=", records._name),
                ("activity_id.res_id", "in", records.ids),
                ("activity_id.active", "=", True),
            ]
        ).unlink()
