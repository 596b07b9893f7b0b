/** What the measurements in a browser have in common: the browser, who is signed in, and whether the machine was free. */
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { people, type Who } from "../e2e/people.ts";

export const origin = process.env.BASE_URL ?? "http://localhost:3000";

/** Lighthouse's own measure of the machine: below this it does not stand for a phone slowed down four times, nor times for anything. */
export const freeEnough = 1000;

export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export function openBrowser(): Promise<Browser> {
    return puppeteer.launch({
        executablePath: process.env.PZ_CHROMIUM ?? "/usr/bin/chromium",
        args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
}

/** A browser session of its own, signed in through the form. */
export async function pageOf(browser: Browser, who: Who | null): Promise<Page> {
    const page = await (await browser.createBrowserContext()).newPage();
    if (who) {
        await page.goto(`${origin}/login`);
        await page.locator("input[type=email], input[name=username], input[autocomplete=username]").fill(people[who].email);
        await page.locator("input[type=password]").fill(people[who].password);
        await Promise.all([page.waitForFunction(() => location.pathname !== "/login"), page.keyboard.press("Enter")]);
    }
    return page;
}
