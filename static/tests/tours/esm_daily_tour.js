import { registry } from "@web/core/registry";

// The daily routine: confirm what came in, print the waybills, validate. No step looks at
// a text of the connector: it runs in English and Korean.
// tests/test_first_steps_tour.py prepares the sandbox and says what it must have got.
const selectAll = {
    trigger: ".o_list_view thead .o_list_record_selector input",
    run: "click",
};

registry.category("web_tour.tours").add("esm_daily_tour", {
    steps: () => [
        {
            trigger: ".o_data_row:eq(1)",
        },
        selectAll,
        {
            trigger: "button[name='action_acknowledge']",
            run: "click",
        },
        {
            trigger: "[data-menu-xmlid='sale_esm.menu_delivery_section']",
            run: "click",
        },
        {
            trigger: ".o-dropdown-item[data-menu-xmlid='sale_esm.menu_deliveries']",
            run: "click",
        },
        {
            trigger: ".o_data_row:eq(1) td[name='carrier_tracking_ref']",
        },
        selectAll,
        {
            trigger: "button[name='action_esm_print_waybill']",
            run: "click",
        },
        {
            content: "both have their number",
            trigger: ".o_data_row:eq(1) td[name='carrier_tracking_ref']:contains('60000000')",
        },
        {
            trigger: "body:not(:has(.modal)):not(:has(.o_blockUI))",
        },
        selectAll,
        {
            trigger: "button[name='button_validate']",
            run: "click",
        },
        {
            content: "nothing is left to ship",
            trigger: ".o_list_view:not(:has(.o_data_row)) .o_nocontent_help",
        },
    ],
});
