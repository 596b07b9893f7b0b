/**
 * Lighthouse, as on a phone, on the sign-in page and the main pages behind it: medians of three. Accessibility and best
 * practices must be 100; performance must be 95 where the machine was free enough to tell. Against the running stack at
 * BASE_URL; prints the table of docs/console.md. With --steady once, and only what is the same on every machine.
 */
import lighthouse from "lighthouse";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { people, type Who } from "../e2e/people.ts";

const origin = process.env.BASE_URL ?? "http://localhost:3000";
const steady = process.argv.includes("--steady");
const runs = steady ? 1 : 3;
type Category = "performance" | "accessibility" | "best-practices";
const categories: Category[] = [...(steady ? [] : ["performance" as const]), "accessibility", "best-practices"];
/** Lighthouse's own measure of the machine: below this it does not stand for a phone slowed down four times. */
const freeEnough = 1000;

const routes: { path: string; who: Who | null }[] = [
    { path: "/login", who: null },
    { path: "/dashboard", who: "acmeAdmin" },
    { path: "/items", who: "acmeAdmin" },
    { path: "/admin/orgs", who: "platformAdmin" },
    { path: "/support", who: "supportAgent" },
];

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** A browser session of its own, signed in through the form. */
async function pageOf(browser: Browser, who: Who | null): Promise<Page> {
    const page = await (await browser.createBrowserContext()).newPage();
    if (who) {
        await page.goto(`${origin}/login`);
        await page.locator("input[type=email], input[name=username], input[autocomplete=username]").fill(people[who].email);
        await page.locator("input[type=password]").fill(people[who].password);
        await Promise.all([page.waitForFunction(() => location.pathname !== "/login"), page.keyboard.press("Enter")]);
    }
    return page;
}

const browser = await puppeteer.launch({
    executablePath: process.env.PZ_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let failed = false;
console.log("| page | performance | accessibility | best practices | machine |\n| --- | ---: | ---: | ---: | ---: |");
for (const { path, who } of routes) {
    const page = await pageOf(browser, who);
    const scores: Record<Category, number[]> = { performance: [], accessibility: [], "best-practices": [] };
    const machine: number[] = [];
    const wrong = new Set<string>();
    for (let run = 0; run < runs; run += 1) {
        // The session is in the browser's storage, so it stays.
        const result = await lighthouse(`${origin}${path}`, { onlyCategories: categories, disableStorageReset: true, logLevel: "error" }, undefined, page);
        if (!result || new URL(result.lhr.finalDisplayedUrl).pathname !== path) {
            throw new Error(`${path} led to ${result?.lhr.finalDisplayedUrl ?? "nothing"}`);
        }
        const { lhr } = result;
        machine.push(lhr.environment.benchmarkIndex);
        for (const category of categories) {
            scores[category].push(Math.round((lhr.categories[category]?.score ?? 0) * 100));
            if (category !== "performance") {
                for (const { id, weight } of lhr.categories[category]?.auditRefs ?? []) {
                    const audit = lhr.audits[id];
                    if (weight > 0 && audit && audit.score !== null && audit.score < 1) {
                        wrong.add(`${category}: ${id}, ${audit.title}`);
                    }
                }
            }
        }
    }
    await page.browserContext().close();
    const [performance, accessibility, practices, index] = [median(scores.performance), median(scores.accessibility), median(scores["best-practices"]), median(machine)];
    const judged = !steady && index >= freeEnough;
    const good = accessibility === 100 && practices === 100 && (!judged || performance >= 95);
    failed ||= !good;
    console.log(`| ${path} | ${steady ? "-" : performance}${steady || judged ? "" : " (not judged)"} | ${accessibility} | ${practices} | ${Math.round(index)} |`);
    if (!good) {
        console.error(`${path} is below its scores. ${[...wrong].join("; ")}`);
    }
}
await browser.close();
process.exitCode = failed ? 1 : 0;
