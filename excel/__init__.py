"""Workbooks (.xlsx) and CSV files of people: read with care, written for people.

No Odoo in here.
"""

from .files import read_file
from .refusal import Reason, WorkbookRefused
from .table import Cell, Column, Row, Table, Trouble, header_key, read_table
from .writing import Heading, Note, Sheet, write_workbook
