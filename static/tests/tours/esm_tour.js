import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

// A merchant's first day: register account and shop, test, collect, ship.
// tests/test_tour.py prepares the sandbox and says what it must have got.
registry.category("web_tour.tours").add("esm_tour", {
    steps: () => [
        {
            content: "Settings, Gmarket & Auction",
            trigger: ".settings_tab .tab[data-key='sale_esm']",
            run: "click",
        },
        {
            content: "has the accounts",
            trigger: "#esm_accounts button:contains('Accounts')",
            run: "click",
        },
        {
            content: "register an account",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='name'] input",
            run: "edit Tour account",
        },
        {
            trigger: ".o_field_widget[name='master_id'] input",
            run: "edit testmaster",
        },
        {
            trigger: ".o_field_widget[name='secret_key'] input[type='password']",
            run: "edit test-secret-key-of-32-characters!",
        },
        {
            trigger: ".o_field_widget[name='environment'] label:contains('Sandbox')",
            run: "click",
        },
        {
            content: "the test's sandbox is the default address",
            trigger: ".o_field_widget[name='sandbox_url'] input:value(127.0.0.1)",
        },
        ...stepUtils.saveForm(),
        {
            content: "on to the account's shops",
            trigger: ".oe_stat_button:contains('Shops')",
            run: "click",
        },
        {
            trigger: ".o_last_breadcrumb_item:contains('Shops')",
        },
        {
            content: "register a shop",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='account_id'] input:value(Tour account)",
        },
        {
            trigger: ".o_field_widget[name='seller_id'] input",
            run: "edit mallsample_g && press Tab",
        },
        {
            trigger: ".o_field_widget[name='carrier_id'] input",
            run: "edit Tour courier",
        },
        {
            trigger: ".ui-menu-item a:contains('Tour courier')",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='auto_acknowledge'] input",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='auto_release'] input",
            run: "click",
        },
        ...stepUtils.saveForm(),
        {
            content: "a new shop says what to do first",
            trigger: ".alert-info:contains('Not connected yet')",
        },
        {
            trigger: "button[name='action_test_connection']:visible",
            run: "click",
        },
        {
            trigger: ".alert-success:contains('Connected as mallsample_g: 2 new orders')",
        },
        {
            trigger: "button[name='action_start_collect']:visible",
            run: "click",
        },
        {
            content: "the work shows on the form, and then what came out",
            trigger:
                ".o_esm_result:contains('Gmarket mallsample_g: 2 new orders, 2 booked')",
            timeout: 60000,
        },
        {
            content: "the orders are there",
            trigger: ".oe_stat_button[name='action_view_orders']:contains('2')",
            run: "click",
        },
        {
            trigger: ".o_data_cell:contains('머그컵')",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('To ship')",
        },
        {
            content: "one sales order for the whole basket",
            trigger: ".oe_stat_button[name='action_view_sale_order']",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='tax_totals']:contains('21,400')",
        },
        {
            content: "no mail to the buyer is offered",
            trigger: ".o_form_statusbar:not(:has(button[name='action_quotation_send']))",
        },
        {
            trigger: ".o_notebook_headers a[name='esm']",
            run: "click",
        },
        {
            content: "both orders of the basket",
            trigger:
                ".o_field_widget[name='esm_order_ids'] .o_data_row:eq(1):contains('To ship')",
        },
        {
            trigger: ".oe_stat_button[name='action_view_delivery']",
            run: "click",
        },
        {
            content: "the courier is the shop's",
            trigger: ".o_field_widget[name='carrier_id'] input:value(Tour courier)",
        },
        {
            trigger: ".o_field_widget[name='carrier_tracking_ref'] input",
            run: "edit 123456789012",
        },
        {
            trigger: "button[name='button_validate'].btn-primary",
            run: "click",
        },
        {
            trigger: ".alert-info:contains('waits to be sent')",
        },
    ],
});
