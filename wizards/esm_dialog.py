from odoo import api, models


class EsmDialog(models.AbstractModel):
    """What all dialogs share: they name only what the person may read.

    Odoo tells the display name of whatever a many2one names, without asking for rights,
    and stored fields are computed without them: who writes another company's record
    into a dialog would be told about it.
    """

    _name = "esm.dialog"
    _description = "Dialog of the Connector"

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: see above.

        :raise AccessError: a record is named that the user may not read
        """
        if not self.env.su:
            self._check_named(vals_list)
        return super().create(vals_list)

    @api.model
    def _add_missing_default_values(self, values):
        """Extend: as above; the context names records as well."""
        result = super()._add_missing_default_values(values)
        if not self.env.su:
            added = result.keys() - values.keys()
            self._check_named([{name: result[name] for name in added}])
        return result

    def write(self, vals):
        """Extend: as above."""
        if not self.env.su:
            self._check_named([vals])
        return super().write(vals)

    @api.model
    def _check_named(self, vals_list):
        for name in {name for vals in vals_list for name in vals}:
            field = self._fields.get(name)
            if field and field.type in ("many2one", "many2many"):
                values = [vals[name] for vals in vals_list if vals.get(name)]
                records = self.env[field.comodel_name]
                for value in values:
                    # As the field reads it: IDs, commands, records.
                    value = field.convert_to_cache(value, self.new(), validate=False)
                    records |= field.convert_to_record(value, self.new())
                records.check_access("read")
