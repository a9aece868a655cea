import { useService } from "@web/core/utils/hooks";
import { onMounted, onWillUnmount, reactive } from "@odoo/owl";

// How often the server is asked what is going on: while something is, and otherwise.
const BUSY_SECONDS = 2;
const IDLE_SECONDS = 20;

export function isOpen(run) {
    return run.state === "waiting" || run.state === "running";
}

/**
 * Watches the background work of shops. A record is read again when work of its shop has
 * ended: its numbers are others then.
 */
class RunWatcher {
    /**
     * @param {object} orm the service
     * @param {() => object[]} getRecords the shops' records, as shown now
     */
    constructor(orm, getRecords) {
        this.orm = orm;
        this.getRecords = getRecords;
        // shop ID -> list of runs, as dashboard_runs() of the server tells them
        this.runs = reactive({});
        this.active = false;
    }

    /** Ask again after a while: soon if anything is going on. */
    plan() {
        clearTimeout(this.timer);
        if (this.active) {
            const busy = Object.values(this.runs).some((runs) => runs.some(isOpen));
            const seconds = busy ? BUSY_SECONDS : IDLE_SECONDS;
            this.timer = setTimeout(() => this.poll(), seconds * 1000);
        }
    }

    async poll() {
        const records = this.getRecords().filter((record) => record.resId);
        // Nobody looks at a page in the background.
        if (records.length && !document.hidden) {
            try {
                await this.read(records);
            } catch {
                // The server restarts, say: the next time will do.
            }
        }
        this.plan();
    }

    async read(records) {
        const ids = records.map((record) => record.resId);
        const news = await this.orm.silent.call("esm.shop", "dashboard_runs", [ids]);
        if (!this.active) {
            return;
        }
        for (const record of records) {
            const before = (this.runs[record.resId] || []).filter(isOpen);
            const now = news[record.resId] || [];
            this.runs[record.resId] = now;
            const open = new Set(now.filter(isOpen).map((run) => run.id));
            if (before.some((run) => !open.has(run.id))) {
                await this.reload(record);
            }
        }
    }

    /** Start work in the background and show it at once. */
    async start(record, method) {
        await this.orm.call("esm.shop", method, [[record.resId]]);
        await this.read([record]);
        this.plan();
    }

    async reload(record) {
        if (!(await record.isDirty())) {
            await record.load();
        }
    }
}

/**
 * A watcher that works as long as the component is there.
 *
 * @param {() => object[]} getRecords see `RunWatcher`
 */
export function useRunWatcher(getRecords) {
    const watcher = new RunWatcher(useService("orm"), getRecords);
    onMounted(() => {
        watcher.active = true;
    });
    onWillUnmount(() => {
        watcher.active = false;
        clearTimeout(watcher.timer);
    });
    return watcher;
}
