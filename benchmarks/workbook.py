"""Workbooks: how long 20,000 rows take to export, to read and to apply, and how much
memory.

Each product gets both codes. The import runs as it does for people: uploaded, read by
the scheduled action, applied by it, all rows or none, which is one transaction.
"""

import base64
import gc
import io
import re
import time
from pathlib import Path

import openpyxl

from benchmarks.stock import copy_rows
from devtools.odoo_env import odoo_env

ROWS = 20_000
SECONDS, MEGABYTES = 60, 500


def run(quick, _rounds):
    """Measure and print; returns the entries (name, value, unit, limit)."""
    count = 1_500 if quick else ROWS
    with odoo_env() as env:
        products = _make_products(env, count)
    with odoo_env() as env, Watch("export") as export:
        wizard = env["esm.code.export"].create(
            {"scope": "selected", "product_ids": products}
        )
        wizard.action_export()
        exported = base64.b64decode(wizard.file)
    filled = _fill(exported)
    with odoo_env() as env:
        record = env["esm.code.import"].create(
            {"file": base64.b64encode(filled), "filename": "codes.xlsx"}
        )
        record.action_read()
        record_id = record.id
    with odoo_env() as env, Watch("read") as read:
        env["esm.code.import"]._cron_work()
    with odoo_env() as env:
        env["esm.code.import"].browse(record_id).action_apply()
    with odoo_env() as env, Watch("apply") as apply:
        env["esm.code.import"]._cron_work()
    with odoo_env() as env:
        record = env["esm.code.import"].browse(record_id)
        if (record.state, record.applied_count) != ("done", count):
            raise SystemExit(f"The import ended as {record.state}: {record.message}")
        record.sudo().state = "preview"
        record.unlink()
    parts = (export, read, apply)
    print(f"\n{count:,} rows")
    for watch in parts:
        print(f"{watch.name:12} {watch.seconds:8.1f} s  {watch.megabytes:6.0f} MB")
    return [
        (
            f"workbook of {count:,} rows, read and apply",
            read.seconds + apply.seconds,
            "seconds",
            SECONDS,
        ),
        (
            f"workbook of {count:,} rows, memory of the whole process",
            max(watch.megabytes for watch in parts),
            "MB",
            MEGABYTES,
        ),
    ]


def _make_products(env, count):
    """So many products with a reference each: one, and its copies."""
    first = env["product.product"].create({"name": "Workbook", "sale_ok": True})
    env.flush_all()
    templates = copy_rows(env, "product_template", first.product_tmpl_id.id, count)
    return copy_rows(
        env,
        "product_product",
        first.id,
        count,
        product_tmpl_id=f"{templates[0]} + copy - 1",
        default_code="'WORKBOOK-' || lpad(copy::text, 6, '0')",
    )


def _fill(data):
    """Fill in both codes, as a person would with an autofill."""
    workbook = openpyxl.load_workbook(io.BytesIO(data))
    sheet = workbook.worksheets[0]
    for number in range(2, sheet.max_row + 1):
        sheet.cell(number, 6, f"S-{number:06}")
        sheet.cell(number, 7, f"I-{number:06}")
    output = io.BytesIO()
    workbook.save(output)
    return output.getvalue()


class Watch:
    """Seconds that something takes, and the most memory of the process meanwhile."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak begins anew
        self._started = time.perf_counter()
        return self

    def __exit__(self, *_exception):
        self.seconds = time.perf_counter() - self._started
        status = Path("/proc/self/status").read_text("ascii")
        self.megabytes = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
