"""What ESM allows in the figures and codes that a seller gives to goods."""

#: Longest seller management code (판매자관리코드, ``managedCode``) in bytes
#: (etapi.gmarket.com/20, /160; fact sheet 3.2.2).
SELLER_CODE_BYTES = 100
#: Longest inventory code of an option (``manageCode``) in bytes
#: (etapi.gmarket.com/26; fact sheet 3.2.2).
INVENTORY_CODE_BYTES = 20
#: Largest stock; more is sent as this much. 0 is refused: what has nothing left is
#: marked as sold out or stopped (etapi.gmarket.com/194, /26; fact sheet 6.5, 6.7).
LARGEST_STOCK = 99_999
#: Prices are whole multiples of this in won, below 10^9
#: (etapi.gmarket.com/21, /186; fact sheet 6.3, 6.5).
PRICE_STEP = 10
LOWEST_PRICE = 10
HIGHEST_PRICE = 999_999_990
