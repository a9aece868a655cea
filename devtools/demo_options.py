"""The options of ``./dev demo``, for its help and for ``devtools/demo.py``."""

from pathlib import Path

# Options that name another server than the sandbox; all of them, or none.
SERVER_OPTIONS = ("endpoint", "master_id", "secret", "products")


def add_arguments(parser):
    parser.add_argument(
        "--once",
        action="store_true",
        help="run one whole cycle without a browser, print a table for each shop and "
        "a JSON object as the last line, then end",
    )
    parser.add_argument(
        "--port", type=int, help="Odoo's port (a free one if not given)"
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE.json", help="write what became of orders"
    )
    server = parser.add_argument_group(
        "another server than the sandbox", "It has to speak the ESM Trading API."
    )
    server.add_argument("--endpoint", metavar="URL", help="its address")
    server.add_argument("--master-id", metavar="ID", help="the ESM master ID")
    server.add_argument("--secret", metavar="KEY", help="the secret key")
    server.add_argument("--gmarket", metavar="ID", help="seller ID at Gmarket")
    server.add_argument("--auction", metavar="ID", help="seller ID at Auction")
    server.add_argument(
        "--products",
        type=Path,
        metavar="FILE.csv",
        help="columns: seller_code, inventory_code, name, price, stock",
    )


def check(parser, arguments):
    """End with a plain message where options do not fit together."""
    given = [name for name in SERVER_OPTIONS if getattr(arguments, name)]
    if not given and not (arguments.gmarket or arguments.auction):
        return
    absent = [name for name in SERVER_OPTIONS if name not in given]
    if absent:
        names = ", ".join("--" + name.replace("_", "-") for name in absent)
        parser.error(f"another server also needs {names}")
    if not (arguments.gmarket or arguments.auction):
        parser.error("another server also needs --gmarket or --auction, or both")
    if not arguments.products.is_file():
        parser.error(f"there is no file {arguments.products}")
