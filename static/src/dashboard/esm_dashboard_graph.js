import { registry } from "@web/core/registry";
import {
    JournalDashboardGraphField,
    journalDashboardGraphField,
} from "@web/views/fields/journal_dashboard_graph/journal_dashboard_graph_field";
import { onWillUpdateProps } from "@odoo/owl";

/** Odoo's small chart, that also shows what has changed when its record is read again. */
export class EsmDashboardGraph extends JournalDashboardGraphField {
    setup() {
        super.setup();
        onWillUpdateProps((props) => {
            this.data = JSON.parse(props.record.data[props.name]);
        });
    }
}

registry.category("fields").add("esm_dashboard_graph", {
    ...journalDashboardGraphField,
    component: EsmDashboardGraph,
});
