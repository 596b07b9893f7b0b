/**
 * Long lists in the browser, over the real services: how long until the first page of 100,000 organizations is painted, and
 * until the next page of 100,000 items is. Against the running stack at BASE_URL, after lists.sql; prints the table of
 * docs/console.md. Medians of three rounds; judged where the machine was free enough to tell.
 */
import { pageFunctions } from "lighthouse/core/lib/page-functions.js";
import type { Browser, Page } from "puppeteer-core";
import { freeEnough, median, openBrowser, origin, pageOf } from "./stage.ts";

const rounds = 3;
const changes = 20;

declare global {
    /** In the page: when what is true was painted, on the clock of performance.now(). */
    var painted: (isShown: () => boolean) => Promise<number>;
}

async function listsOf(browser: Browser, who: "platformAdmin" | "acmeAdmin"): Promise<Page> {
    const page = await pageOf(browser, who);
    await page.setViewport({ width: 1280, height: 800 });
    await page.evaluateOnNewDocument(() => {
        // What is there when a frame begins, that frame paints; the next task comes after it.
        globalThis.painted = (isShown) =>
            new Promise((resolve) => {
                const look = () => requestAnimationFrame(() => (isShown() ? setTimeout(() => resolve(performance.now())) : look()));
                look();
            });
    });
    return page;
}

/** From the beginning of the load to the first page of rows. */
async function firstPage(page: Page): Promise<number> {
    await page.goto(`${origin}/admin/orgs`, { waitUntil: "domcontentloaded" });
    return page.evaluate(() => painted(() => document.querySelectorAll("tbody tr").length === 50));
}

/** From the click on Next to the other rows. */
async function pageChange(page: Page): Promise<number> {
    const next = await page.waitForSelector("nav[aria-label=Pages] button:last-of-type:not([disabled])");
    const change = await page.evaluateHandle(() => {
        const first = () => document.querySelector("tbody tr")?.textContent;
        const before = first();
        const taken = new Promise<number>((resolve) => {
            const begin = ({ timeStamp }: Event) => void painted(() => first() !== before).then((at) => resolve(at - timeStamp));
            addEventListener("click", begin, { once: true, capture: true });
        });
        return { taken };
    });
    await next?.click();
    return change.evaluate(({ taken }) => taken);
}

async function pageChanges(page: Page): Promise<number[]> {
    await page.goto(`${origin}/items`);
    const times: number[] = [];
    for (let change = 0; change < changes; change += 1) {
        times.push(await pageChange(page));
    }
    return times.toSorted((a, b) => a - b);
}

async function machineOf(page: Page): Promise<number> {
    await page.goto("about:blank");
    return page.evaluate(pageFunctions.computeBenchmarkIndex);
}

const browser = await openBrowser();
const [staff, member] = [await listsOf(browser, "platformAdmin"), await listsOf(browser, "acmeAdmin")];
const machines: number[] = [];
const [first, usual, slow]: [number[], number[], number[]] = [[], [], []];
for (let round = 0; round < rounds; round += 1) {
    machines.push(await machineOf(staff));
    first.push(await firstPage(staff));
    const times = await pageChanges(member);
    usual.push(median(times));
    slow.push(times[Math.ceil(0.95 * changes) - 1] ?? Number.NaN);
}
await browser.close();

const machine = median(machines);
const judged = machine >= freeEnough;
console.log("| list | budget, ms | median of three, ms | machine |\n| --- | ---: | ---: | ---: |");
for (const { what, budget, times } of [
    { what: "100,000 organizations: the first page, from the load's beginning", budget: 1000, times: first },
    { what: `100,000 items: from a click to the next page, the median of ${changes}`, budget: 100, times: usual },
    { what: `the same, the slowest but one of ${changes}`, budget: 100, times: slow },
]) {
    const taken = Math.round(median(times));
    console.log(`| ${what} | ${budget} | ${taken}${judged ? "" : " (not judged)"} | ${Math.round(machine)} |`);
    if (judged && taken > budget) {
        console.error(`${what} is over its budget: ${times.map(Math.round).join(", ")} ms`);
        process.exitCode = 1;
    }
}
