# First what other wizards inherit.
from . import esm_dialog, esm_stop

# isort: split
from . import (
    esm_code_export,
    esm_courier_export,
    esm_expected_date,
    esm_fetch,
    esm_listing_add,
    esm_match,
    esm_price,
    esm_print_stop,
    esm_privacy,
    esm_stock_preview,
    esm_trial,
    esm_validate_stop,
)
