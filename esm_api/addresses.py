"""Which addresses the client may be pointed at, and a session that keeps to them.

ESM's own address is fixed. That of a sandbox is typed in by people: it must not make
the server talk to machines that only the server can reach, such as the metadata service
of a cloud (169.254.169.254) or a database beside it.
"""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

#: IPv6 addresses that stand for one of IPv4 in their last 32 bits.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(ValueError):
    """An address that the client must not be pointed at.

    :ivar reason: "form" (no http(s) address of a server), "plain" (not encrypted) or
        "internal" (of this machine's own network)
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_url(url: str, allowed: frozenset[str] = frozenset()) -> None:
    """Refuse an address by how it is written; names are not looked up.

    :param allowed: host names whatever they are
    :raise AddressRefused: see there
    """
    host = host_of(url)
    if host in allowed or is_loopback(host):
        return
    try:
        internal = not is_public(host)
    except ValueError:  # a name
        internal = False
    if internal:
        raise AddressRefused("internal")
    if urlsplit(url).scheme != "https":
        raise AddressRefused("plain")


def host_of(url: str) -> str:
    """Return the host in lower case.

    :raise AddressRefused: it is no plain ``http(s)://host[:port]`` address
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise AddressRefused("form") from None
    if (
        parts.scheme not in ("http", "https")
        or not host
        or "@" in parts.netloc
        or parts.query
        or parts.fragment
        or not url.isprintable()
        or any(letter.isspace() or letter == "\\" for letter in url)
    ):
        raise AddressRefused("form")
    return host.rstrip(".")


def is_loopback(host: str) -> bool:
    """Tell whether a host is written as this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the internet.

    :raise ValueError: it is no IP address
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip.version == 6:
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def guarded_session(
    base_url: str, allowed: frozenset[str] = frozenset()
) -> requests.Session:
    """Return a session that talks to public addresses only.

    What counts is where a connection leads, before anything is sent on it: a name may
    mean another address each time that it is looked up. A sandbox on this machine may
    be talked to if it is written as such. Proxies of the environment are not used: they
    would look names up elsewhere.

    :param base_url: passed :func:`check_url`
    :param allowed: as there: these are talked to as by any other session
    """
    session = requests.Session()
    host = host_of(base_url)
    if host not in allowed:
        session.trust_env = False
        adapter = _GuardedAdapter(is_loopback(host))
        for scheme in ("http://", "https://"):
            session.mount(scheme, adapter)
    return session


class _Guard:
    """A connection that looks where it leads before anything is sent on it."""

    may_be_loopback = False

    def _new_conn(self) -> Any:
        connection = super()._new_conn()
        address = connection.getpeername()[0]
        fine = is_loopback(address) if self.may_be_loopback else is_public(address)
        if not fine:
            connection.close()
            raise NewConnectionError(self, "It leads into an internal network.")
        return connection


class _Plain(_Guard, HTTPConnection):
    pass


class _Encrypted(_Guard, HTTPSConnection):
    pass


class _PlainLoopback(_Plain):
    may_be_loopback = True


class _EncryptedLoopback(_Encrypted):
    may_be_loopback = True


class _GuardedAdapter(HTTPAdapter):
    """Connects through pools of such connections."""

    def __init__(self, loopback: bool) -> None:
        self._loopback = loopback
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> Any:
        result = super().init_poolmanager(*args, **options)
        plain, encrypted = _POOLS[self._loopback]
        self.poolmanager.pool_classes_by_scheme = {"http": plain, "https": encrypted}
        return result


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _EncryptedPool(HTTPSConnectionPool):
    ConnectionCls = _Encrypted


class _PlainLoopbackPool(HTTPConnectionPool):
    ConnectionCls = _PlainLoopback


class _EncryptedLoopbackPool(HTTPSConnectionPool):
    ConnectionCls = _EncryptedLoopback


_POOLS = {
    False: (_PlainPool, _EncryptedPool),
    True: (_PlainLoopbackPool, _EncryptedLoopbackPool),
}
