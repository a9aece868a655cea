"""The options of ``./dev demo``, for its help and for ``devtools/demo.py``."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from .console import DevError
from .demo_goods import read_goods

# Options that name another server than the sandbox; all of them, or none.
SERVER_OPTIONS = ("endpoint", "master_id", "secret", "products")
HELP = "See ./dev demo --help."
# Real parcels and real buyers; the demo invents tracking numbers.
REAL_MARKETPLACE = "esmplus.com"


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
        "--report", type=_path, metavar="FILE.json", help="write what became of orders"
    )
    parser.add_argument(
        "--empty",
        action="store_true",
        help="no merchant: Odoo as a new user finds it, with a marketplace beside it "
        "whose test key is printed",
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
        type=_path,
        metavar="FILE.csv",
        help="columns: seller_code, inventory_code, name, price, stock",
    )


def check(arguments):
    """Fail in plain words where options do not fit together.

    :raise DevError: also for files that are not where they should be
    """
    if arguments.port:
        _check_port(arguments.port)
    report = arguments.report
    if report and not report.parent.is_dir():
        raise DevError(f"There is no folder {report.parent} for the report.")
    if arguments.empty and arguments.once:
        raise DevError("Without a merchant there is no cycle to run.", HELP)
    given = [name for name in SERVER_OPTIONS if getattr(arguments, name)]
    sellers = arguments.gmarket or arguments.auction
    if not given and not sellers:
        return
    if arguments.empty:
        raise DevError("--empty has a marketplace of its own.", HELP)
    absent = [name for name in SERVER_OPTIONS if name not in given]
    if absent:
        names = ", ".join("--" + name.replace("_", "-") for name in absent)
        raise DevError(f"Another server also needs {names}.", HELP)
    if not sellers:
        raise DevError("Another server also needs --gmarket or --auction.", HELP)
    _check_endpoint(arguments.endpoint)
    read_goods(arguments.products)


def _check_endpoint(url):
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DevError(
            f"{url} is no address of a server.", "Begin it with http:// or https://"
        )
    if f".{parts.hostname}".endswith(f".{REAL_MARKETPLACE}"):
        raise DevError(
            f"{parts.hostname} is the real marketplace.",
            "The demo confirms all orders and invents tracking numbers for them: it "
            "must not run there. Register a real shop in Odoo instead.",
        )


def _check_port(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise DevError(
                f"Odoo cannot listen on port {port} ({error}).",
                "Give another --port, or none.",
            ) from error


def as_given(arguments):
    """The options once more, for the process that runs the demo somewhere else."""
    options = [f"--{name}" for name in ("once", "empty") if getattr(arguments, name)]
    for name in ("port", "report", *SERVER_OPTIONS, "gmarket", "auction"):
        if value := getattr(arguments, name):
            options.append(f"--{name.replace('_', '-')}={value}")
    return options


def _path(text):
    """A file as the user means it, wherever the demo runs."""
    return Path(text).absolute()
