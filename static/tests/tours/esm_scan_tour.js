import { registry } from "@web/core/registry";

// The warehouse scans two waybills down the list and validates both deliveries.
// A scanner types the number and presses Enter.
registry.category("web_tour.tours").add("esm_scan_tour", {
    steps: () => [
        {
            trigger: ".o_data_row:eq(0) td[name='carrier_tracking_ref']",
            run: "click",
        },
        {
            trigger:
                ".o_data_row:eq(0).o_selected_row td[name='carrier_tracking_ref'] input",
            run: "edit 660000000001 && press Enter",
        },
        {
            content: "Enter went to the next delivery",
            trigger:
                ".o_data_row:eq(1).o_selected_row td[name='carrier_tracking_ref'] input:focus",
            run: "edit 660000000002",
        },
        {
            trigger: ".o_list_button_save:visible",
            run: "click",
        },
        {
            trigger: ".o_list_view:not(:has(.o_selected_row))",
        },
        {
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
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
