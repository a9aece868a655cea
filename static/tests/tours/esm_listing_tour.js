import { registry } from "@web/core/registry";
import { chooseProduct } from "@sale_esm/../tests/tours/choose_product";

// What a merchant does with listings; tests/test_tour_listings.py prepares the sandbox
// and says what it must have got.

// The rest is matched by hand: a suggestion first, then a pack.
registry.category("web_tour.tours").add("esm_match_tour", {
    steps: () => [
        {
            content: "the list says why",
            trigger: ".o_data_row:contains('블랙') .badge:contains('Unknown code')",
        },
        {
            trigger: ".o_data_row:contains('민트') .badge:contains('No code at ESM')",
        },
        {
            trigger: ".o_data_row:contains('블랙') button[name='action_match']",
            run: "click",
        },
        {
            content: "the dialog begins with the suggestion",
            trigger: ".modal .o_data_row:contains('Tour mug')",
        },
        {
            trigger: ".modal button[name='action_match_next']",
            run: "click",
        },
        {
            content: "on to the next option, whose order waits",
            trigger: ".modal .o_field_widget[name='option_id']:contains('민트')",
        },
        {
            trigger: ".modal .alert-success:contains('wait for it')",
        },
        ...chooseProduct("Tour bag"),
        {
            trigger: ".modal .o_selected_row [name='quantity'] input",
            run: "edit 2",
        },
        {
            trigger: ".modal button[name='action_match']:visible",
            run: "click",
        },
        {
            content: "nothing is left to match",
            trigger: ".o_list_view:not(:has(.o_data_row)) .o_nocontent_help",
        },
    ],
});

// The order that waited is on its way.
registry.category("web_tour.tours").add("esm_released_tour", {
    steps: () => [
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('To ship')",
        },
        {
            trigger: ".oe_stat_button[name='action_view_sale_order']",
            run: "click",
        },
        {
            content: "two pieces for the price of one",
            trigger:
                ".o_field_widget[name='order_line'] .o_data_row:contains('Tour bag'):contains('2.00')",
        },
        {
            trigger: ".o_field_widget[name='tax_totals']:contains('5,500')",
        },
        {
            trigger: ".oe_stat_button[name='action_view_delivery']",
        },
    ],
});

// A look at what would be pushed, then the push.
registry.category("web_tour.tours").add("esm_push_tour", {
    steps: () => [
        {
            trigger: ".o_data_row:contains('머그컵') .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: "button[name='action_preview_stock']",
            run: "click",
        },
        {
            content: "5 are on sale, 12 may be",
            trigger:
                ".modal .o_data_row:contains('화이트'):has([name='offered']:contains('5')):has([name='wanted']:contains('12'))",
        },
        {
            trigger: ".modal button[name='action_push']",
            run: "click",
        },
        {
            content: "the list is there anew: 12 white ones, 5 black and 5 mint ones",
            trigger:
                "body:not(:has(.modal)) .o_data_row:has([name='offered']:contains('22')) td[name='name']",
            run: "click",
        },
        {
            content: "it is on sale now",
            trigger:
                ".o_form_view .o_data_row:contains('화이트') [name='offered']:contains('12')",
        },
        {
            trigger: ".o_form_view .o_field_widget[name='pushed_at']:contains(':')",
        },
    ],
});

// Prices go out after a look at old and new.
registry.category("web_tour.tours").add("esm_price_tour", {
    steps: () => [
        {
            trigger: ".o_data_row:contains('머그컵') .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: ".o_control_panel button:contains('Write Prices')",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='rule'] label:contains('percent')",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='percent'] input",
            run: "edit -10 && press Tab",
        },
        {
            content: "old and new price",
            trigger:
                ".modal .o_data_row:has([name='old_price']:contains('5,500')):has([name='new_price']:contains('4,950'))",
        },
        {
            trigger: ".modal button[name='action_write']",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o_list_view",
        },
    ],
});
