from odoo import api, models
from odoo.tools import SQL


class EsmWon(models.AbstractModel):
    """Amounts of the marketplaces: all of them are won.

    Lists and reports ask for the currencies of what they sum up, and for the sum in the
    company's one. ESM knows no other currency, and shops are held to it: looking for
    that in each row takes longer than the sums.
    """

    _name = "esm.won"
    _description = "Amounts in Won"

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """Override: there is one currency."""
        name, _colon, function = aggregate_spec.partition(":")
        field = self._fields.get(name)
        if function == "sum_currency" and field.type == "monetary":
            return super()._read_group_select(f"{name}:sum", query)
        if function == "array_agg_distinct" and name == "currency_id":
            return SQL("ARRAY[%s]", self.env.ref("base.KRW").id)
        return super()._read_group_select(aggregate_spec, query)
