import { registry } from "@web/core/registry";

// A packer finds two deliveries to one address, packs them together, types one number.
// tests/test_bundle_tour.py prepares the sandbox and says what it must have got.
registry.category("web_tour.tours").add("esm_bundle_tour", {
    steps: () => [
        {
            content: "two of the three go to the same address",
            trigger: ".o_list_view:has(.o_data_row:contains('+1 more') ~ .o_data_row:contains('+1 more'))",
        },
        {
            content: "look at one of them",
            trigger: ".o_data_row:contains('+1 more') .o_list_record_open_form_view",
            run: "click",
        },
        {
            trigger: ".o_form_view .alert-info:contains('more delivery goes to this address')",
        },
        {
            trigger: ".alert-info button[name='action_esm_pack_together']",
            run: "click",
        },
        {
            trigger: ".alert-info:contains('One parcel with one waybill'):contains(' + ')",
        },
        {
            content: "undo it",
            trigger: ".alert-info button[name='action_esm_take_apart']",
            run: "click",
        },
        {
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "and do it again, for everything that is ready",
            trigger: ".alert-info button[name='action_esm_pack_together']",
        },
        {
            trigger: ".o_back_button, .breadcrumb-item a",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_control_panel button[name='action_esm_pack_together']",
            run: "click",
        },
        {
            trigger: ".o_notification:contains('Deliveries packed together: 2')",
        },
        {
            trigger: ".o_data_row:contains('1 of 2') .o_list_record_open_form_view",
            run: "click",
        },
        {
            trigger: ".o_form_view div[name='carrier_tracking_ref'] input:first",
            run: "edit 660000000077",
        },
        {
            content: "one leaves, so both leave",
            trigger: ".o_statusbar_buttons button[name='button_validate']",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Done')",
        },
    ],
});
