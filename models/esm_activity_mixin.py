from odoo import api, models


class EsmActivityMixin(models.AbstractModel):
    """Activities of the connector: one for each cause, gone by itself when it is."""

    _name = "esm.activity.mixin"
    _description = "Activities of the Marketplace Connector"

    @api.model
    def _esm_keep_activities(self, known, wanted):
        """Keep at most one open activity for each cause, and none of other causes.

        What a person marks as done or deletes counts as told: it comes again only
        after the cause was gone. Takes the same number of queries for any number of
        causes.

        :param known: `esm.notice` recordset of the causes that the caller looks after:
            those that are not wanted any more end
        :param wanted: dict cause (text that names it, and it alone) -> dict with

            * kind: text by which the caller finds what it looks after
            * type: external ID of the `mail.activity.type`
            * record: what the activity is about, with `mail.activity.mixin`
            * user: `res.users` record who looks after it and may read `record`
            * summary, text: translated into that user's language
            * date: day by which it should be done, or None for today
            * shop, company: records, may be empty

        :raise SerializationFailure: another worker tells the same at this moment; the
            caller's transaction has to be tried again
        """
        # sudo: everybody's activities are kept by the connector
        known = known.sudo()
        told = known.filtered(lambda notice: notice.cause in wanted)
        for notice in told:
            notice._say(wanted[notice.cause])
        told._hand_over(wanted)
        causes = set(told.mapped("cause"))
        # Two workers claim in the same order, so that neither waits for the other.
        fresh = {cause: wanted[cause] for cause in sorted(wanted.keys() - causes)}
        # A copy of the database tells nobody: its problems are those of the original.
        parameters = self.env["ir.config_parameter"].sudo()
        if fresh and not parameters.get_param("database.is_neutralized"):
            known._tell(fresh)
        (known - told)._end()

    @api.model
    def _esm_activity_user(self, *users, company, group="sale_esm.group_user"):
        """Who looks after something: it has to be someone who may open it.

        :param users: `res.users` records, the first one that may is taken
        :param company: `res.company` record that it belongs to, may be empty
        :param str group: external ID of the group that opens such records
        :return: one of them, else the administrator
        """
        for user in users:
            if user.active and user.has_group(group) and company <= user.company_ids:
                return user
        return self.env.ref("base.user_admin")
