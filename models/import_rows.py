"""The rows of an imported file, whatever they are about."""

from ..excel import Trouble


def titles_for(names, lang):
    """Titles of columns in a user's language.

    :param names: dict key of a column -> its titles: English, Korean, then others
    :param lang: e.g. ``ko_KR``
    :return: dict key -> title
    """
    korean = (lang or "").startswith("ko")
    return {key: titles[1 if korean else 0] for key, titles in names.items()}


class ImportRow:
    """One row: what would change, and what is wrong with it."""

    def __init__(self, number, given):
        self.number = number
        self.given = given  # key of a column -> text, as it stands in the file
        self.numeric = set()  # keys of cells that are numbers
        self.changes = {}  # field name -> new value
        self.problems = {}  # key of a column -> what is wrong with it
        self.notes = []

    def refuse(self, key, reason):
        self.problems.setdefault(key, reason)


class ImportRows:
    """The rows of one import, whatever they are about.

    Add all rows, then `look_up()` what they name, then `check()`; a kind of rows says
    how, and what `prepare_line_values(row)` of the import's lines are.
    """

    #: Keys of columns that are there for people only.
    for_people = ()
    #: What a row becomes.
    row_class = ImportRow

    def __init__(self, env, titles, letters=None):
        """
        :param env: environment of the user who imports: what they may not see is not
            found
        :param titles: key of a column -> its title in the user's language
        :param letters: key -> letter of its column in the file
        """
        self._env = env
        self._titles = titles
        self._letters = letters or {}
        self.rows = []

    def add(self, row):
        """Take a row of the workbook.

        :param row: `excel.Row`
        :return: `row_class`
        """
        mine = self.row_class(
            row.number, {key: cell.text for key, cell in row.cells.items()}
        )
        self.rows.append(mine)
        for key, cell in row.cells.items():
            if cell.trouble and key not in self.for_people:
                mine.refuse(key, self._trouble_text(cell))
            if cell.number:
                mine.numeric.add(key)
        return mine

    def note_number(self, row, key):
        """Say that a code was a number: nobody can tell whether that is all of it."""
        row.notes.append(
            self._env._(
                "%(title)s %(code)s is a number in the file. If zeros belong in front "
                "of it, format the cell as text and type it again.",
                title=self._titles[key],
                code=row.given[key],
            )
        )

    @staticmethod
    def numbers(rows):
        """The numbers of some rows as a text; the first ones only."""
        numbers = [str(row.number) for row in rows]
        return ", ".join(numbers[:5]) + (", ..." if len(numbers) > 5 else "")

    def problem_text(self, row):
        """All problems of a row, one a line: cell, column, reason."""
        return "\n".join(
            f"{self._letters.get(key, '')}{row.number} {self._titles[key]}: {reason}"
            for key, reason in row.problems.items()
        )

    def _trouble_text(self, cell):
        """Why a cell's text cannot be trusted, and what to do."""
        texts = {
            Trouble.FORMULA: self._env._(
                "there is a formula in it. Copy the cell, and paste it as a value."
            ),
            Trouble.ERROR: self._env._(
                "Excel shows an error, %(text)s.", text=cell.text
            ),
            Trouble.DATE: self._env._(
                "Excel has made a date of it. Format the cell as text and type it "
                "again."
            ),
            Trouble.LOGICAL: self._env._(
                "Excel has made a truth value (%(text)s) of it. Format the cell as "
                "text and type it again.",
                text=cell.text,
            ),
            Trouble.FRACTION: self._env._(
                "it is a number with a fraction (%(text)s). Format the cell as text "
                "and type it again.",
                text=cell.text,
            ),
            Trouble.LARGE_NUMBER: self._env._(
                "Excel has made a number of it and shows %(text)s. Format the cell as "
                "text and type it again.",
                text=cell.text,
            ),
            Trouble.EXPONENT: self._env._(
                "%(text)s is a number that Excel has shortened; its digits are lost. "
                "Format the cell as text and type it again.",
                text=cell.text,
            ),
            Trouble.MERGED: self._env._(
                "it is merged with other cells. Unmerge them and fill in each row."
            ),
            Trouble.CONTROL: self._env._(
                "there is a line break or an invisible character in it. Type it again."
            ),
            Trouble.LONG: self._env._("the text is too long for a code or a number."),
        }
        return texts[cell.trouble]
