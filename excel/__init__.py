"""Workbooks (.xlsx) of people: read with care, written for people. No Odoo in here."""

from .refusal import Reason, WorkbookRefused
from .table import Cell, Column, Row, Table, Trouble, read_table
from .writing import Heading, Note, Sheet, write_workbook
