import { cookie } from "@web/core/browser/cookie";
import { getColor, getCustomColor } from "@web/core/colors/colors";
import { registry } from "@web/core/registry";
import {
    JournalDashboardGraphField,
    journalDashboardGraphField,
} from "@web/views/fields/journal_dashboard_graph/journal_dashboard_graph_field";
import { onWillUpdateProps } from "@odoo/owl";

const scheme = cookie.get("color_scheme");
const PAST = getCustomColor(scheme, "#c5c1d6", "#5d5878");

/**
 * Odoo's small bar chart for many days: today stands out, labels stay level, and what has
 * changed shows when the record is read again.
 */
export class EsmDashboardGraph extends JournalDashboardGraphField {
    setup() {
        super.setup();
        onWillUpdateProps((props) => {
            this.data = JSON.parse(props.record.data[props.name]);
        });
    }

    getBarChartConfig() {
        const config = super.getBarChartConfig();
        const [dataset] = config.data.datasets;
        const today = getColor(1, scheme, "odoo");
        dataset.backgroundColor = this.data[0].values.map((day) =>
            day.type === "future" ? today : PAST
        );
        dataset.borderRadius = 2;
        const { x, y } = config.options.scales;
        x.grid.display = false;
        Object.assign(x.ticks, { maxRotation: 0, autoSkipPadding: 12, font: { size: 10 } });
        y.beginAtZero = true;
        return config;
    }
}

registry.category("fields").add("esm_dashboard_graph", {
    ...journalDashboardGraphField,
    component: EsmDashboardGraph,
});
