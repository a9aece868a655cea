import { registry } from "@web/core/registry";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { useService } from "@web/core/utils/hooks";
import { onMounted, onWillStart, useSubEnv } from "@odoo/owl";
import { EsmFirstSteps } from "../first_steps/first_steps";
import { useRunWatcher } from "./esm_run_watcher";

/**
 * The dashboard's cards, and the one place that asks what the background work of all of
 * them is doing.
 */
export class EsmDashboardRenderer extends KanbanRenderer {
    static template = "sale_esm.DashboardRenderer";
    static components = { ...KanbanRenderer.components, EsmFirstSteps };

    setup() {
        super.setup();
        const watcher = useRunWatcher(() => this.props.list.records);
        // The words of the numbers, which all cards share.
        const layout = {};
        const orm = useService("orm");
        onWillStart(async () => {
            Object.assign(layout, await orm.call("esm.shop", "dashboard_layout", []));
        });
        useSubEnv({ esmWatcher: watcher, esmLayout: layout });
        onMounted(() => {
            for (const record of this.props.list.records) {
                watcher.runs[record.resId] = record.data.dashboard_data.runs;
            }
            watcher.plan();
        });
    }
}

registry.category("views").add("esm_dashboard", {
    ...kanbanView,
    Renderer: EsmDashboardRenderer,
});
