import { expect, type Page } from "@playwright/test";

interface Traffic {
    underWay: number;
    /** Every request so far, so that one that came and went in between is noticed. */
    begun: number;
    /** How many of them what is shown has taken in. */
    shown: number;
}

const trafficOf = new WeakMap<Page, Traffic>();

/** Counts a page's requests from now on; settled() needs it. */
export function countRequests(page: Page): void {
    const traffic: Traffic = { underWay: 0, begun: 0, shown: 0 };
    trafficOf.set(page, traffic);
    page.on("request", () => {
        traffic.underWay += 1;
        traffic.begun += 1;
    });
    const ended = () => {
        traffic.underWay -= 1;
    };
    page.on("requestfinished", ended);
    page.on("requestfailed", ended);
}

/**
 * In the page: nothing to do, twice in a row, and nothing that still moves. An answer may have come that the page has not
 * begun to read, and React shows what a part of a page was waiting for up to 300 ms later, hence the pause between. Every wait has an end of its own: a page that is not drawn has neither idle
 * moments nor animations that finish.
 */
async function idleTwice(between: number): Promise<void> {
    const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    const idle = () => new Promise((resolve) => requestIdleCallback(resolve, { timeout: 1000 }));
    await idle();
    await pause(between);
    await idle();
    // Colours are measured as they are, so nothing may still be fading in. What goes on for ever is left out.
    const moving = () =>
        document.getAnimations().some(({ playState, effect }) => playState === "running" && effect?.getComputedTiming().iterations !== Infinity);
    for (let waited = 0; moving() && waited < 5000; waited += 20) {
        await pause(20);
    }
}

/**
 * Until the page has its heading, nothing under way and nothing that moves. Half a second of silence on the network
 * (Playwright's networkidle) says the same, and would be most of the time that the walks over all pages take.
 */
export async function settled(page: Page, heading: string | null = null): Promise<void> {
    if (heading !== null) {
        await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
    }
    const traffic = trafficOf.get(page);
    if (!traffic) {
        throw new Error("settled() wants a page from the fixture `as`, or countRequests() before the page is opened.");
    }
    for (;;) {
        await expect.poll(() => traffic.underWay, { intervals: [10, 20, 40] }).toBe(0);
        const { begun } = traffic;
        await page.evaluate(idleTwice, begun > traffic.shown ? 350 : 20);
        if (traffic.underWay === 0 && traffic.begun === begun) {
            traffic.shown = begun;
            return;
        }
    }
}
