"""``./dev bench``: what the connector costs, most of it as ratios to plain Odoo.

Its parts, modules of this package, say what they measure. Prints their tables and, as
its last line, one JSON list; lower is better, a value above its limit makes the exit
code 1.
"""

import argparse
import json
import sys

from benchmarks import (
    dashboard,
    orders,
    reports,
    scale,
    sending,
    stock,
    waybills,
    workbook,
    workers,
)

# Scale first, on copies of a new database, then stock: the buyers of the orders would
# take part in it.
PARTS = {
    part.__name__.rpartition(".")[2]: part
    for part in (
        scale,
        stock,
        orders,
        waybills,
        workbook,
        reports,
        dashboard,
        sending,
        workers,
    )
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="one round with little, to try it out"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=PARTS, help="one part that needs no other")
    arguments = parser.parse_args()
    rows = []
    for name, part in PARTS.items():
        if arguments.only in (None, name):
            rows += part.run(arguments.quick, arguments.rounds)
    print()
    for name, value, _unit, limit in rows:
        verdict = "ok" if value <= limit else "TOO MUCH"
        print(f"{name:60} {value:8.3f}  (limit {limit})  {verdict}")
    entries = [
        {"name": name, "value": round(value, 4), "unit": unit, "limit": limit}
        for name, value, unit, limit in rows
    ]
    print(json.dumps(entries))
    return any(entry["value"] > entry["limit"] for entry in entries)


if __name__ == "__main__":
    sys.exit(main())
