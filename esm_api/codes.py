"""Codes that a seller gives to goods at ESM."""

#: Longest seller management code (판매자관리코드, ``managedCode``) in bytes
#: (etapi.gmarket.com/20, /160; fact sheet 3.2.2).
SELLER_CODE_BYTES = 100
#: Longest inventory code of an option (``manageCode``) in bytes
#: (etapi.gmarket.com/26; fact sheet 3.2.2).
INVENTORY_CODE_BYTES = 20
