/**
 * Lighthouse, as on a phone, on the sign-in page and the main pages behind it: medians of three. Accessibility and best
 * practices must be 100; performance must be 95 where the machine was free enough to tell. Against the running stack at
 * BASE_URL; prints the table of docs/console.md. With --steady once, and only what is the same on every machine.
 */
import lighthouse from "lighthouse";
import type { Who } from "../e2e/people.ts";
import { freeEnough, median, openBrowser, origin, pageOf } from "./stage.ts";

const steady = process.argv.includes("--steady");
const runs = steady ? 1 : 3;
type Category = "performance" | "accessibility" | "best-practices";
const categories: Category[] = [...(steady ? [] : ["performance" as const]), "accessibility", "best-practices"];

const routes: { path: string; who: Who | null }[] = [
    { path: "/login", who: null },
    { path: "/dashboard", who: "acmeAdmin" },
    { path: "/items", who: "acmeAdmin" },
    { path: "/admin/orgs", who: "platformAdmin" },
    { path: "/support", who: "supportAgent" },
];

const browser = await openBrowser();
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
