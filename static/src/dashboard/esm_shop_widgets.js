import { CheckBox } from "@web/core/checkbox/checkbox";
import { formatCurrency } from "@web/core/currency";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, markup, onMounted, onWillUnmount, onWillUpdateProps, useState } from "@odoo/owl";
import { isOpen, useRunWatcher } from "./esm_run_watcher";

const SWITCHES = ["auto_collect", "auto_acknowledge", "auto_release", "auto_stock"];

/** What an empty list says comes as HTML of ours. */
function withHelp(action) {
    return { ...action, help: action.help && markup(action.help) };
}

class ShopWidget extends Component {
    static props = { ...standardWidgetProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
    }

    get record() {
        return this.props.record;
    }

    get data() {
        return this.record.data.dashboard_data;
    }

    get layout() {
        return this.env.esmLayout;
    }

    async open(key) {
        const action = await this.orm.call("esm.shop", "action_dashboard_open", [
            [this.record.resId],
            key,
        ]);
        return this.action.doAction(withHelp(action));
    }
}

/** When orders were collected last, and when they are next. */
export class EsmShopTimes extends ShopWidget {
    static template = "sale_esm.ShopTimes";

    setup() {
        super.setup();
        // "3 minutes ago" goes on by itself.
        this.clock = useState({ now: luxon.DateTime.now() });
        const timer = setInterval(() => (this.clock.now = luxon.DateTime.now()), 20000);
        onWillUnmount(() => clearInterval(timer));
    }

    relative(text) {
        const moment = deserializeDateTime(text);
        // Read anew since the clock was: that is not in the future.
        const base = luxon.DateTime.max(this.clock.now, luxon.DateTime.now());
        return moment.toRelative({ base });
    }

    get soon() {
        return deserializeDateTime(this.data.next) <= luxon.DateTime.now();
    }

    exact(text) {
        return formatDateTime(deserializeDateTime(text));
    }
}

/** Orders and sales of today beside those of days to compare with. */
export class EsmShopSales extends ShopWidget {
    static template = "sale_esm.ShopSales";

    money(amount) {
        return formatCurrency(amount, this.record.data.currency_id.id);
    }
}

/** What waits: each number opens its records, and its button does what fits. */
export class EsmShopFigures extends ShopWidget {
    static template = "sale_esm.ShopFigures";

    setup() {
        super.setup();
        this.state = useState({ busy: false });
    }

    async act(key) {
        if (key === "stock") {
            return this.env.esmWatcher.start(this.record, "action_start_stock");
        }
        this.state.busy = true;
        try {
            const action = await this.orm.call("esm.shop", "action_dashboard_do", [
                [this.record.resId],
                key,
            ]);
            if (action) {
                return await this.action.doAction(withHelp(action));
            }
            await this.env.esmWatcher.reload(this.record);
        } finally {
            this.state.busy = false;
        }
    }
}

/** What happens by itself. */
export class EsmShopSwitches extends ShopWidget {
    static template = "sale_esm.ShopSwitches";
    static components = { CheckBox };

    get switches() {
        return SWITCHES.map((name) => ({
            name,
            value: this.record.data[name],
            label: this.record.fields[name].string,
            help: this.record.fields[name].help,
        }));
    }

    async toggle(name, value) {
        try {
            await this.record.update({ [name]: value }, { save: true });
        } catch (error) {
            // Refused, with words of its own: the switch shows what is still true.
            await this.record.discard();
            throw error;
        }
        // When the next collection is, say.
        await this.env.esmWatcher.reload(this.record);
    }
}

/** How far background work is, and what came out. */
export class EsmRunList extends Component {
    static template = "sale_esm.RunList";
    static props = { record: Object, watcher: Object };

    setup() {
        this.runs = useState(this.props.watcher.runs);
        this.state = useState({ closed: [] });
    }

    get all() {
        return this.runs[this.props.record.resId] || [];
    }

    get open() {
        return this.all.filter(isOpen);
    }

    get ended() {
        return this.all.filter(
            (run) => !isOpen(run) && !this.state.closed.includes(run.id)
        );
    }

    percent(run) {
        return run.total ? Math.round((100 * run.done) / run.total) : 100;
    }

    close(run) {
        this.state.closed.push(run.id);
    }

    startAgain(run) {
        return this.props.watcher.start(this.props.record, `action_start_${run.kind}`);
    }
}

/** On a card: buttons for background work, and that work. */
export class EsmShopRuns extends ShopWidget {
    static template = "sale_esm.ShopRuns";
    static components = { EsmRunList };

    setup() {
        super.setup();
        this.watcher = this.env.esmWatcher;
        this.state = useState({ starting: false });
    }

    async start(kind) {
        this.state.starting = true;
        try {
            await this.watcher.start(this.record, `action_start_${kind}`);
        } finally {
            this.state.starting = false;
        }
    }
}

/** On the shop's form, whose header has the buttons: the work that they started. */
export class EsmFormRuns extends ShopWidget {
    static template = "sale_esm.FormRuns";
    static components = { EsmRunList };

    setup() {
        super.setup();
        this.watcher = useRunWatcher(() => [this.record]);
        onMounted(() => this.watcher.poll());
        // A button was pressed: the form reads its record again.
        onWillUpdateProps(() => this.watcher.poll());
    }
}

const widgets = registry.category("view_widgets");
widgets.add("esm_shop_times", { component: EsmShopTimes });
widgets.add("esm_shop_sales", { component: EsmShopSales });
widgets.add("esm_shop_figures", { component: EsmShopFigures });
widgets.add("esm_shop_switches", { component: EsmShopSwitches });
widgets.add("esm_shop_runs", { component: EsmShopRuns });
widgets.add("esm_form_runs", { component: EsmFormRuns });
