from odoo import fields, models


class EsmImportLine(models.AbstractModel):
    """One row of an imported file: what it would change, or what is wrong with it."""

    _name = "esm.import.line"
    _description = "Row of an Import"
    _order = "import_id, row, id"
    _rec_name = "row"

    row = fields.Integer(readonly=True)
    given = fields.Json(readonly=True, help="Texts of the row, by column.")
    state = fields.Selection(
        [
            ("change", "Will change"),
            ("unchanged", "Unchanged"),
            ("problem", "Problem"),
            ("done", "Changed"),
        ],
        required=True,
        readonly=True,
    )
    problem = fields.Text(readonly=True)
    problem_keys = fields.Json(readonly=True)
    note = fields.Text(readonly=True)

    def _groups(self):
        """These lines in groups that have to be applied together.

        :return: list of recordsets
        """
        return list(self)

    def _refuse(self, problems):
        """Say that these lines cannot be applied any more.

        :param problems: dict key of a column -> what is wrong, a text
        """
        self.write(
            {
                "state": "problem",
                "problem": "\n".join(problems.values()),
                "problem_keys": list(problems),
            }
        )
