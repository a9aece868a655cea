from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# PostgreSQL's integer counts that far; no courier gives a merchant more.
LARGEST_RANGE = 1_000_000_000


class EsmWaybillRange(models.Model):
    """Tracking numbers that a courier gave the merchant to print on waybills.

    `used` counts how many of them, from the first one on, are given away. It is
    changed in the transaction that puts the numbers on deliveries: what is rolled
    back is free again.
    """

    _name = "esm.waybill.range"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Waybill Number Range"
    _order = "carrier_id, sequence, id"
    _rec_name = "first"

    carrier_id = fields.Many2one(
        "delivery.carrier",
        string="Shipping Method",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="carrier_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    first = fields.Char(
        string="First Number",
        required=True,
        help="As it is printed, with its check digit.",
    )
    last = fields.Char(
        string="Last Number",
        required=True,
        help="As it is printed, with its check digit.",
    )
    digits = fields.Integer(
        compute="_compute_digits",
        store=True,
        readonly=False,
        precompute=True,
        help="How many digits a number has, with its check digit.",
    )
    check_digit = fields.Selection(
        [("none", "None"), ("modulo_7", "Modulo 7")],
        default="none",
        required=True,
        help="Modulo 7: the last digit is the number before it modulo 7.",
    )
    size = fields.Integer(
        string="Numbers", compute="_compute_size", store=True, precompute=True
    )
    used = fields.Integer(default=0, readonly=True, copy=False)
    left = fields.Integer(compute="_compute_left")
    next_number = fields.Char(compute="_compute_left")

    _used_check = models.Constraint(
        "CHECK (used >= 0 AND used <= size)",
        "More numbers of this range are used than it has.",
    )

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    @api.depends("first")
    def _compute_digits(self):
        for numbers in self:
            numbers.digits = len(numbers.first or "")

    @api.depends("first", "last", "check_digit")
    def _compute_size(self):
        for numbers in self:
            ends = (numbers.first or "", numbers.last or "")
            if not all(end.isascii() and end.isdigit() for end in ends):
                numbers.size = 0
                continue
            size = numbers._serial(numbers.last) - numbers._serial(numbers.first) + 1
            # What is too large is refused by its constraint.
            numbers.size = max(0, min(size, LARGEST_RANGE + 1))

    @api.depends("size", "used", "first", "digits", "check_digit")
    def _compute_left(self):
        for numbers in self:
            numbers.left = numbers.size - numbers.used
            numbers.next_number = numbers.left > 0 and numbers._number(numbers.used)

    @api.depends("first", "last")
    def _compute_display_name(self):
        for numbers in self:
            numbers.display_name = f"{numbers.first} – {numbers.last}"

    def _serial(self, number):
        """The part of a printed number that counts up."""
        has_check_digit = self.check_digit == "modulo_7"
        return int(number[:-1] or 0) if has_check_digit else int(number)

    def _number(self, index):
        """The printed number at `index`, counted from 0."""
        return self._printed(self._serial(self.first) + index)

    def _printed(self, serial):
        if self.check_digit == "modulo_7":
            return f"{serial:0{self.digits - 1}d}{serial % 7}"
        return f"{serial:0{self.digits}d}"

    # ------------------------------------------------------------------
    # What a range must be
    # ------------------------------------------------------------------

    @api.constrains("first", "last", "digits", "check_digit", "carrier_id", "active")
    def _check_numbers(self):
        for numbers in self:
            for number in (numbers.first, numbers.last):
                numbers._check_number(number)
            if not numbers.size:
                raise ValidationError(
                    self.env._(
                        "The first number %(first)s comes after the last number "
                        "%(last)s. Swap them.",
                        first=numbers.first,
                        last=numbers.last,
                    )
                )
            if numbers.size > LARGEST_RANGE:
                raise ValidationError(
                    self.env._(
                        "From %(first)s to %(last)s are more than a thousand million "
                        "numbers. Check both.",
                        first=numbers.first,
                        last=numbers.last,
                    )
                )
            if numbers.used > numbers.size:
                raise ValidationError(
                    self.env._(
                        "Numbers after %(last)s are given away already.",
                        last=numbers.last,
                    )
                )
            numbers._check_overlap()

    def _check_number(self, number):
        if not (number.isascii() and number.isdigit()):
            raise ValidationError(
                self.env._(
                    "The waybill number %(number)s has more in it than digits.",
                    number=number,
                )
            )
        if len(number) != self.digits:
            raise ValidationError(
                self.env._(
                    "The waybill number %(number)s has %(digits)s digits, but the "
                    "numbers of this range have %(expected)s.",
                    number=number,
                    digits=len(number),
                    expected=self.digits,
                )
            )
        right = self._printed(self._serial(number))
        if number != right:
            raise ValidationError(
                self.env._(
                    "The last digit of %(number)s is not its check digit: modulo 7 "
                    "makes it %(right)s. Check the number, or the check digit rule "
                    "with your courier.",
                    number=number,
                    right=right,
                )
            )

    def _check_overlap(self):
        """No number is given away twice, whichever shipping method has it."""
        self.ensure_one()
        # sudo: the courier counts the numbers of all its merchant's companies
        courier = self.sudo().carrier_id.esm_courier_id
        others = (
            self.sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("id", "!=", self.id),
                    ("digits", "=", self.digits),
                    "|",
                    ("carrier_id", "=", self.carrier_id.id),
                    ("carrier_id.esm_courier_id", "in", courier.ids),
                ]
            )
        )
        for other in others if self.active else ():
            # Of an archived range, only the numbers that are given away are taken.
            if not other.active and not other.used:
                continue
            last = other.last if other.active else other._number(other.used - 1)
            # Numbers of equal length sort like texts.
            if other.first <= self.last and self.first <= last:
                raise ValidationError(
                    self.env._(
                        "The numbers %(range)s overlap with the range %(other)s of "
                        "%(carrier)s. Each number can be given away once.",
                        range=self.display_name,
                        other=other.display_name,
                        carrier=other.carrier_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: numbers are often copied with hyphens; new ones end the warning."""
        ranges = super().create([self._cleaned(vals) for vals in vals_list])
        ranges.carrier_id._esm_sync_numbers_warning()
        return ranges

    def write(self, vals):
        """Extend: numbers that are given away stay what they are."""
        vals = self._cleaned(vals)
        for name in {"first", "digits", "check_digit", "carrier_id"} & vals.keys():
            field = self._fields[name]
            for numbers in self.filtered("used"):
                if field.convert_to_write(numbers[name], numbers) != vals[name]:
                    raise UserError(
                        self.env._(
                            "Numbers of the range %(range)s are given away: only its "
                            "last number can be changed. Make a new range, and archive "
                            "this one if its other numbers must not be used.",
                            range=numbers.display_name,
                        )
                    )
        res = super().write(vals)
        if {"last", "active"} & vals.keys():
            self.carrier_id._esm_sync_numbers_warning()
        return res

    @api.model
    def _cleaned(self, vals):
        return {
            name: "".join(value.split()).replace("-", "")
            if name in ("first", "last") and value
            else value
            for name, value in vals.items()
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for numbers in self.filtered("used"):
            raise UserError(
                self.env._(
                    "Numbers of the range %(range)s are given away. Archive it "
                    "instead, so that none is given away again.",
                    range=numbers.display_name,
                )
            )
