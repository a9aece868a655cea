import { registry } from "@web/core/registry";
import { rpc } from "@web/core/network/rpc";
import { chooseProduct } from "@sale_esm/../tests/tours/choose_product";

// What people do on the dashboard; tests/test_dashboard_tour.py prepares the sandbox and
// does the background work.

const CARD = ".o_kanban_record:contains('Gmarket mallsample_g')";
const number = (key, count) =>
    `${CARD} .o_esm_figure[data-figure='${key}'] .o_esm_count:text('${count}')`;

// Collect, watch the bar, and see the result and the new numbers on the same page.
registry.category("web_tour.tours").add("esm_collect_tour", {
    steps: () => [
        {
            content: "nothing has come in yet",
            trigger: `${CARD}:contains('Never collected yet')`,
            run: () => {
                window.esmSamePage = true;
            },
        },
        {
            trigger: `${CARD} button[name='collect']`,
            run: "click",
        },
        {
            content: "the bar is there",
            trigger: `${CARD} .o_esm_run[data-kind='collect'] .progress`,
        },
        {
            content: "and tells how far it is",
            trigger: `${CARD} .o_esm_run:contains('Confirming orders'):contains('/ 4')`,
            timeout: 30000,
        },
        {
            content: "until the result is there",
            trigger: `${CARD} .o_esm_result.alert-success:contains('4 new orders, 4 booked')`,
            timeout: 60000,
        },
        {
            content: "the bar is gone",
            trigger: `${CARD}:not(:has(.o_esm_run))`,
        },
        {
            trigger: number("to_ship", 4),
        },
        {
            trigger: `${CARD} .o_esm_sales a[data-figure='sold_today']:text('4')`,
            run: () => {
                if (!window.esmSamePage) {
                    throw new Error("The page was loaded again");
                }
            },
        },
        {
            trigger: `${CARD} .o_esm_result .btn-close`,
            run: "click",
        },
        {
            trigger: `${CARD}:not(:has(.o_esm_result))`,
        },
        {
            content: "the number opens its orders",
            trigger: `${CARD} .o_esm_figure[data-figure='to_ship'] a`,
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:eq(3)",
        },
    ],
});

// From a number to the problem that it counts, and back without it.
registry.category("web_tour.tours").add("esm_fix_tour", {
    steps: () => [
        {
            trigger: number("unknown", 1),
        },
        {
            trigger: `${CARD} .o_esm_figure[data-figure='unknown'] button:contains('Match')`,
            run: "click",
        },
        {
            content: "the order says what is wrong",
            trigger: ".o_data_row:contains('Unknown code')",
        },
        {
            trigger: ".o_data_row button[name='action_match_listing']",
            run: "click",
        },
        ...chooseProduct("Tour bag"),
        {
            trigger: ".modal button[name='action_match']:visible",
            run: "click",
        },
        {
            content: "the order goes on by itself",
            trigger: "body:not(:has(.modal))",
            timeout: 60000,
            run: async () => {
                const call = {
                    model: "esm.order",
                    method: "search_count",
                    args: [[["state", "!=", "released"]]],
                    kwargs: {},
                };
                while (await rpc("/web/dataset/call_kw/esm.order/search_count", call)) {
                    await new Promise((resolve) => setTimeout(resolve, 200));
                }
            },
        },
        {
            trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item a:contains('Dashboard')",
            run: "click",
        },
        {
            trigger: number("unknown", 0),
        },
        {
            trigger: number("unmatched", 0),
        },
        {
            trigger: number("to_ship", 1),
        },
        {
            content: "the marketplace refused something: that is red",
            trigger: `${CARD} .o_esm_figure[data-figure='refused'] .text-danger:contains('1')`,
        },
        {
            trigger: `${CARD} .o_esm_figure[data-figure='refused'] button:contains('Send Again')`,
            run: "click",
        },
        {
            trigger: number("refused", 0),
        },
        {
            trigger: `${CARD} .o_esm_figure[data-figure='waiting'] a`,
        },
    ],
});
