from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def unlink(self):
        """Extend: a deadline warning that somebody deletes counts as done.

        Otherwise it would come again with the next run of the job, which ends warnings
        itself, as superuser.
        """
        if self.env.su:
            return super().unlink()
        kind = self.env.ref(
            "sale_esm.mail_activity_type_deadline", raise_if_not_found=False
        )
        warnings = self.filtered(lambda activity: activity.activity_type_id == kind)
        warnings.action_archive()
        return super(MailActivity, self - warnings).unlink()
