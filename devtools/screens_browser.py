"""Visits screens, saves pictures, notes faults (runs where Playwright is).

Started by ``devtools/screens_stage.py`` with a file that says what to do.
"""

import io
import json
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Error, sync_playwright

from . import screens_check
from .console import say
from .screens import SIZES
from .screens_known import ALLOWED_SCROLL, ALLOWED_SCROLL_ON_PHONES, KNOWN

PATIENCE = 30_000  # milliseconds
LARGEST = 200_000  # bytes of a published picture
HOME = "action-sale_esm.esm_shop_action_dashboard"
READY = ".o_action_manager > *"
# Odoo has drawn what it asked for when this long no answer was missing.
QUIET_MS = 400

TEXTS = """scope => {
    const lines = [];
    const seen = element => element.checkVisibility({visibilityProperty: true});
    for (const root of document.querySelectorAll(scope)) {
        if (!seen(root)) continue;
        lines.push(...root.innerText.split("\\n"));
        for (const element of [root, ...root.querySelectorAll("*")]) {
            if (!seen(element)) continue;
            for (const name of ["placeholder", "title", "aria-label", "alt"]) {
                lines.push(element.getAttribute(name) || "");
            }
            if (["INPUT", "TEXTAREA"].includes(element.tagName)
                && !["checkbox", "radio", "password"].includes(element.type)) {
                lines.push(...element.value.split("\\n"));
            }
        }
    }
    return lines.filter(line => line.trim());
}"""
WIDE = """allowed => {
    const found = [];
    const page = document.scrollingElement;
    if (page.scrollWidth > page.clientWidth + 1) {
        found.push(`the page is ${page.scrollWidth} wide, not ${page.clientWidth}`);
    }
    const inside = ".o_action_manager *, .o_dialog *";
    for (const element of document.querySelectorAll(inside)) {
        const over = element.scrollWidth - element.clientWidth;
        if (over <= 1 || !element.clientWidth || element.matches(allowed)) continue;
        if (!["auto", "scroll"].includes(getComputedStyle(element).overflowX)) continue;
        found.push(`${element.className} by ${over} pixels`);
    }
    return found;
}"""
BLANK = """() => {
    const found = [];
    for (const image of document.images) {
        if (image.complete && !image.naturalWidth) found.push(`image ${image.src}`);
    }
    for (const canvas of document.querySelectorAll(".o_content canvas")) {
        const {width, height} = canvas;
        const data = width && height
            ? canvas.getContext("2d").getImageData(0, 0, width, height).data : [];
        if (!data.some(Boolean)) found.push("a chart");
    }
    if (document.querySelector(".o_view_nocontent")) found.push("the list");
    return found;
}"""
AXE = """async ([scope, known]) => {
    const passes = ({id}, {target}) => {
        const element = document.querySelector(target[0]);
        return known.some(([rule, place]) => rule === id && element?.closest(place));
    };
    const include = scope.filter(each => document.querySelector(each));
    if (!include.length) return [];
    const options = {resultTypes: ["violations"]};
    return (await axe.run({include}, options)).violations.map(found => ({
        id: found.id,
        impact: found.impact,
        nodes: found.nodes.filter(node => !passes(found, node)).map(node => ({
            html: node.html,
            impact: node.impact,
            why: node.any.concat(node.all, node.none).map(each => each.message)[0],
        })),
    }));
}"""
CALL = """async ([model, method, ids]) => {
    const {rpc} = odoo.loader.modules.get("@web/core/network/rpc");
    const route = `/web/dataset/call_button/${model}/${method}`;
    const {context} = odoo.loader.modules.get("@web/core/user").user;
    const result = await rpc(route, {model, method, args: [ids], kwargs: {context}});
    await odoo.__WOWL_DEBUG__.root.env.services.action.doAction(result);
}"""
GO = """async ([name, viewType, resId]) => {
    const {action} = odoo.__WOWL_DEBUG__.root.env.services;
    const props = resId ? {resId} : {};
    await action.doAction(name, {clearBreadcrumbs: true, viewType, props});
}"""
OPEN = "name => odoo.__WOWL_DEBUG__.root.env.services.action.doAction(name)"


def main():
    job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    looks = {}
    for visit in job["visits"]:
        looks.setdefault((visit["language"], visit["size"]), []).append(visit)
    results = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=job["browser"], args=["--no-sandbox"]
        )
        for (language, size), visits in looks.items():
            say(f"    {len(visits)} screens, {language}, {size}")
            look = Look(browser, job, visits[0])
            results += [look.visit(visit) for visit in visits]
            look.close()
        browser.close()
    Path(job["results"]).write_text(json.dumps(results), "utf-8")
    return 0


class Look:
    """A browser window of one size, with a user of one language."""

    def __init__(self, browser, job, visit):
        self._job = job
        width, height = SIZES[visit["size"]]
        phone = visit["size"] == "phone"
        self._context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=visit["locale"].replace("_", "-"),
            timezone_id="Asia/Seoul",
            reduced_motion="reduce",
            is_mobile=phone,
            has_touch=phone,
        )
        self._context.set_default_timeout(PATIENCE)
        self._faults = []
        self._page = self._context.new_page()
        self._traffic = Traffic(self._page)
        self._listen()
        self._log_in(visit)
        # Whether the page is Odoo with nothing on top: then it need not be loaded.
        self._clear = True

    def close(self):
        self._context.close()

    def _listen(self):
        def on_console(message):
            if message.type == "error":
                self._note("console", [message.text[:300]])

        self._page.on("console", on_console)
        self._page.on(
            "pageerror", lambda error: self._note("script", [str(error)[:300]])
        )

    def _log_in(self, visit):
        page = self._page
        page.goto(f"{visit['server']}/web/login")
        page.fill("#login", visit["login"])
        page.fill("#password", visit["password"])
        page.click("form.oe_login_form button[type=submit]")
        # On a new database, Odoo makes its scripts and style sheets first.
        page.wait_for_selector(
            ".o_action_manager", state="attached", timeout=10 * PATIENCE
        )
        page.goto(f"{visit['server']}/odoo/{HOME}", wait_until="domcontentloaded")
        page.wait_for_selector(READY)
        self._traffic.settle()

    def visit(self, visit):
        """Take a picture; returns what is wrong with the screen."""
        self._faults = []
        if not visit["url"]:
            self._note("empty", ["There is no record to show."])
        elif visit["report"]:
            self._save(visit, self._report(visit))
        else:
            self._look_at(visit)
        return {**visit, "faults": self._faults}

    def _note(self, kind, texts):
        self._faults += [(kind, text) for text in texts]

    def _report(self, visit):
        """The first page of a PDF report, as a picture."""
        answer = self._context.request.get(visit["url"])
        if not answer.ok:
            self._note("server", [f"status {answer.status} for {visit['url']}"])
            return b""
        command = ["pdftoppm", "-png", "-r", "150", "-singlefile", "-"]
        return subprocess.run(
            command, input=answer.body(), stdout=subprocess.PIPE, check=True
        ).stdout

    def _look_at(self, visit):
        try:
            self._arrive(visit)
            self._check(visit)
        except Error as error:
            self._note("browser", [" ".join(str(error).split())[:300]])
            self._clear = False
        self._save(visit, self._page.screenshot())

    def _arrive(self, visit):
        page = self._page
        if self._clear and visit["go"]:
            page.evaluate(GO, visit["go"])
        else:
            page.goto(visit["url"], wait_until="domcontentloaded")
        above = visit["call"] or visit["dialog"] or visit["click"]
        self._clear = bool(visit["go"]) and not above
        if not visit["url"].startswith(visit["server"]):
            return
        page.wait_for_selector(READY)
        self._traffic.settle()
        if visit["call"]:
            page.evaluate(CALL, visit["call"])
        elif visit["dialog"]:
            page.evaluate(OPEN, visit["dialog"])
        if visit["call"] or visit["dialog"]:
            page.wait_for_selector(".o_dialog .modal-content .o_form_view")
        for selector in visit["click"]:
            page.click(selector)
        if visit["wait"]:
            page.wait_for_selector(visit["wait"])
        self._traffic.settle()
        if visit["scroll"]:
            page.locator(visit["scroll"]).first.scroll_into_view_if_needed()
        page.mouse.move(0, 0)  # no tooltip, no highlighted row

    def _check(self, visit):
        page = self._page
        scope = ",".join(visit["scope"])
        lines = page.evaluate(TEXTS, scope)
        if not lines:
            self._note("empty", [f"Nothing of ours can be seen: {scope}"])
        self._note("raw value", screens_check.raw_values(lines))
        if visit["language"] == "ko" and not visit["foreign"]:
            self._note("not Korean", screens_check.untranslated(lines))
        allowed = ALLOWED_SCROLL
        if visit["size"] == "phone":
            allowed += ALLOWED_SCROLL_ON_PHONES
        self._note("scrolls", page.evaluate(WIDE, ",".join(allowed)))
        if not visit["first_day"]:
            self._note("empty", page.evaluate(BLANK))
        if not page.evaluate("Boolean(window.axe)"):
            page.add_script_tag(path=self._job["axe"])
        known = [(rule, place) for rule, place, _reason in KNOWN]
        found = page.evaluate(AXE, [visit["scope"], known])
        self._note("accessibility", screens_check.accessibility(found))

    def _save(self, visit, png):
        if not png:
            return
        name = f"{visit['screen']}.{visit['language']}.{visit['size']}.png"
        Path(self._job["out"], name).write_bytes(png)
        if self._job["published"] and visit["published"]:
            end = "" if visit["language"] == "en" else f".{visit['language']}"
            target = Path(self._job["published"], f"{visit['screen']}{end}.png")
            target.write_bytes(_small(png))
            if target.stat().st_size > LARGEST:
                self._note("size", [f"{target.name} is larger than {LARGEST} bytes"])


class Traffic:
    """Knows whether a page still waits for answers."""

    def __init__(self, page):
        self._page = page
        self._open = set()
        page.on("request", self._begin)
        for event in ("requestfinished", "requestfailed"):
            page.on(event, lambda request: self._open.discard(request))

    def _begin(self, request):
        # A shared worker fetches the script of the bus: its end is not told.
        if "/bus/" not in request.url:
            self._open.add(request)

    def settle(self):
        """Wait until no answer was missing for a while, but not for ever."""
        quiet = 0
        for _ in range(PATIENCE // 100):
            self._page.wait_for_timeout(100)
            quiet = 0 if self._open else quiet + 100
            if quiet >= QUIET_MS:
                return


def _small(png):
    """A picture with 256 colours, as small as it gets."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image = image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main())
