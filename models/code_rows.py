"""From rows of a workbook to codes of products, with all that speaks against it.

Whole files are worked through at once: products are read in batches, and each check
sees all rows, because a code may move from one product of the file to another.
"""

from collections import defaultdict

from odoo.tools import split_every

from .code_columns import CODE_FIELDS, KEYS, REMOVE, TITLES
from .import_rows import ImportRow, ImportRows, titles_for

# Products looked up at a time.
_BATCH = 2000


class CodeRow(ImportRow):
    """One row: the codes that a product would get or lose."""

    def __init__(self, number, given):
        super().__init__(number, given)
        self.product = None
        self.old = {}  # field name -> code that the product has so far


class CodeRows(ImportRows):
    """The rows of a workbook with codes of products."""

    for_people = ("name", "variant")
    row_class = CodeRow

    def __init__(self, env, company, letters=None):
        """
        :param company: `res.company` whose products are meant, with those of all
        """
        super().__init__(env, titles_for(TITLES, env.lang), letters)
        self._products = env["product.product"].with_context(active_test=False)
        self._company = company

    def add(self, row):
        """Extend: what codes the row wants."""
        mine = super().add(row)
        for key, fname in CODE_FIELDS.items():
            if key in mine.given and key not in mine.problems:
                code = mine.given[key]
                mine.changes[fname] = False if code == REMOVE else code
        return mine

    def add_references(self, products):
        """Take the internal references of products as their codes.

        Products that have the code already keep it.
        """
        keys = {fname: key for key, fname in CODE_FIELDS.items()}
        for number, product in enumerate(products, 1):
            reference = (product.default_code or "").strip()
            fname = product._esm_default_code_field()
            row = CodeRow(number, {"id": str(product.id), "reference": reference})
            row.product = product
            self.rows.append(row)
            if product[fname]:
                row.notes.append(self._env._("The product keeps the code it has."))
            elif reference:
                row.given[keys[fname]] = row.changes[fname] = reference
            else:
                row.refuse(
                    "reference", self._env._("the product has no internal reference.")
                )

    def prepare_line_values(self, row):
        """Values of `esm.code.import.line` for a row.

        They are taken between commits, which empty the cache: nothing is read here.
        """
        values = {
            "product_id": row.product and row.product.id,
            "name": row.given.get("name"),
        }
        for key, fname in CODE_FIELDS.items():
            values[f"old_{key}"] = row.old.get(fname)
            if fname in row.changes:
                values[f"new_{key}"] = row.changes[fname] or REMOVE
        return values

    # --- find the products ----------------------------------------------------

    def look_up(self):
        """Look up which product each row means."""
        for batch in split_every(_BATCH, self.rows, list):
            found = {key: self._look_up(key, batch) for key in KEYS}
            for row in batch:
                self._find_product(row, found)

    def _look_up(self, key, rows):
        """Text -> products, for what these rows say in the column `key`."""
        texts = {
            row.given[key]
            for row in rows
            if row.given.get(key) and key not in row.problems
        }
        if key == "id":
            # Larger numbers are no IDs; PostgreSQL would not take them.
            texts = {int(t) for t in texts if t.isdecimal() and len(t) <= 9}
        if not texts:
            return {}
        fnames = {
            "id": ["id"],
            "reference": ["default_code"],
            "barcode": ["barcode"],
            "code": list(CODE_FIELDS.values()),
        }[key]
        found = defaultdict(self._products.browse)
        for fname in fnames:
            products = self._products.search_fetch(
                [
                    (fname, "in", list(texts)),
                    *self._products._check_company_domain(self._company),
                ],
                ["active", "default_code", "barcode", "esm_code_company_id"]
                + list(CODE_FIELDS.values()),
            )
            for product in products:
                found[str(product[fname])] |= product
        return found

    def _find_product(self, row, found):
        """Find the product that every filled key of a row fits to."""
        keys = [key for key in KEYS if row.given.get(key)]
        if not keys and not row.problems.keys() & set(KEYS):
            row.refuse(
                "id",
                self._env._(
                    "the row names no product. Fill in the ID, reference or barcode."
                ),
            )
            return
        hits, candidates = {}, None
        for key in keys:
            if key in row.problems:
                continue
            text = row.given[key]
            # IDs come as text, and also as 0012 or as 12.0.
            text = str(int(text)) if key == "id" and text.isdecimal() else text
            hits[key] = found[key].get(text, self._products.browse())
            active = hits[key].filtered("active")
            if hits[key]:
                fitting = active or hits[key]
                candidates = fitting if candidates is None else candidates & fitting
        for key, products in hits.items():
            if products:
                continue
            if key != "id" and hits.get("id"):
                row.notes.append(self._unlike_text(row, key, hits["id"][0]))
            else:
                row.refuse(key, self._unknown_text(row, key))
        if row.problems.keys() & set(KEYS):
            return
        self._choose(row, hits, candidates)

    def _choose(self, row, hits, candidates):
        first = next(iter(hits))
        if not candidates:
            named = {
                product.display_name
                for products in hits.values()
                for product in products[:1]
            }
            row.refuse(
                first,
                self._env._(
                    "the columns of this row name different products: %(products)s.",
                    products=", ".join(sorted(named)),
                ),
            )
        elif len(candidates) > 1:
            row.refuse(
                first,
                self._env._(
                    "%(count)s products fit: %(products)s. Fill in the product ID.",
                    count=len(candidates),
                    products=", ".join(candidates[:3].mapped("display_name")),
                ),
            )
        elif not candidates.active:
            row.refuse(
                first,
                self._env._(
                    "%(product)s is archived. Restore it first.",
                    product=candidates.display_name,
                ),
            )
        else:
            row.product = candidates.with_context(active_test=True)

    def _unknown_text(self, row, key):
        text = self._env._(
            "%(company)s has no product with %(text)s.",
            company=self._company.name,
            text=row.given[key],
        )
        if key in row.numeric and key != "id":
            text += " " + self._env._(
                "It is a number in the file: zeros in front of it may be lost."
            )
        return text

    def _unlike_text(self, row, key, product):
        return self._env._(
            "%(title)s %(text)s is not that of %(product)s. The ID counts; only codes "
            "are imported.",
            title=self._titles[key],
            text=row.given[key],
            product=product.display_name,
        )

    # --- check the codes --------------------------------------------------------

    def check(self):
        """Find out what would change, and what speaks against it."""
        for row in self.rows:
            if row.product:
                self._check_row(row)
        self._check_twice()
        self.check_free()

    def _check_row(self, row):
        """Check the codes of one row by themselves; drop what is so already."""
        product = row.product
        row.old = {fname: product[fname] for fname in CODE_FIELDS.values()}
        for key, fname in CODE_FIELDS.items():
            if fname not in row.changes:
                continue
            code, old = row.changes[fname], row.old[fname]
            if code == old:
                del row.changes[fname]
                continue
            problem = code and product._esm_length_problem(fname, code)
            if problem:
                row.refuse(key, problem)
            elif key in row.numeric:
                if old and old != code and old.lstrip("0") == code:
                    row.refuse(
                        key,
                        self._env._(
                            "Excel has made a number of it and dropped the zeros: the "
                            "code is %(code)s so far. Format the cell as text.",
                            code=old,
                        ),
                    )
                else:
                    self.note_number(row, key)

    def _check_twice(self):
        """Refuse rows for the same product, and codes that two rows want."""
        by_product, by_code = defaultdict(list), defaultdict(list)
        for row in self.rows:
            if row.product and row.changes:
                by_product[row.product.id].append(row)
            for key, fname in CODE_FIELDS.items():
                if row.product and row.changes.get(fname):
                    by_code[key, row.changes[fname]].append(row)
        for rows in by_product.values():
            if len(rows) > 1:
                text = self._env._(
                    "rows %(rows)s are for the same product. Keep one of them.",
                    rows=self.numbers(rows),
                )
                for row in rows:
                    row.refuse(next((k for k in KEYS if row.given.get(k)), "id"), text)
        for (key, code), rows in by_code.items():
            if len({row.product.id for row in rows}) > 1:
                text = self._env._(
                    "%(code)s stands in rows %(rows)s. Each code can belong to one "
                    "product only.",
                    code=code,
                    rows=self.numbers(rows),
                )
                for row in rows:
                    row.refuse(key, text)

    def check_free(self):
        """Refuse codes that other products keep.

        A code is free when the product that has it gives it up in another good row. So
        a row that is refused takes with it those that wait for its code.
        """
        movers = {
            row.product.id: row
            for row in self.rows
            if row.product and row.changes and not row.problems
        }
        waiting = defaultdict(list)  # product -> what waits for its code
        refused = []
        for key, fname in CODE_FIELDS.items():
            wanted = {
                row.changes[fname] for row in movers.values() if row.changes.get(fname)
            }
            holders = {}
            for codes in split_every(_BATCH, wanted, list):
                holders.update(self._products._esm_holders(fname, codes))
            for row in movers.values():
                code = row.changes.get(fname)
                for holder in self._others(row.product, holders.get(code, ())):
                    mover = movers.get(holder.id)
                    entry = (row, key, code, holder)
                    if mover and fname in mover.changes:
                        waiting[holder.id].append(entry)
                    else:
                        refused.append(entry)
        while refused:
            row, key, code, holder = refused.pop()
            if not row.problems:
                refused += waiting.pop(row.product.id, ())
            row.refuse(key, self._products._esm_taken_problem(code, holder))

    def _others(self, product, holders):
        """Those of the holders of a code that keep a product from having it."""
        for holder in holders:
            if holder.id != product.id and product._esm_share_codes(
                product.esm_code_company_id, holder.esm_code_company_id
            ):
                yield holder
