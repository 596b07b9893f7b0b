import type { Locator, Page } from "@playwright/test";
import type { Who } from "./people";

/** What a page shows after some steps: a dialog, a support session, something that fails. The screenshots take them from here. */
export interface Scene {
    name: string;
    shows: string;
    who: Who;
    reach(page: Page): Promise<void>;
    /** What the page has at last. */
    shown(page: Page): Locator;
}

const dialog = (page: Page): Locator => page.getByRole("dialog");
const banner = (page: Page): Locator => page.getByRole("region", { name: "Support session" });

async function fillStart(page: Page): Promise<void> {
    await page.goto("/support/lookup?q=globex");
    await page.getByRole("button", { name: "Start a session at Globex" }).click();
    await dialog(page).getByLabel("Reason", { exact: true }).fill("Their list of items stays empty");
    await dialog(page).getByLabel("Ticket").fill("4711");
}

/** The session is over for this page alone, so that the person's other pages go on. */
async function overtake(page: Page): Promise<void> {
    await page.goto("/items");
    await page.getByRole("button", { name: "New item" }).first().click();
    await dialog(page).getByLabel("Title").fill("Typed before the session was over");
    const refusal = {
        status: 401,
        contentType: "application/problem+json",
        body: JSON.stringify({ type: "about:blank", title: "Unauthorized", status: 401, code: "invalid_token" }),
    };
    await page.route("**/api/v1/items", (route) => route.fulfill(refusal));
    await page.route("**/token", (route) => route.fulfill(refusal));
    await dialog(page).getByRole("button", { name: "Create item" }).click();
}

let begun: string | undefined;

/** The address of a session that the scenes share: an agent may start ten in an hour. */
async function sharedSession(page: Page): Promise<string> {
    if (!begun) {
        await fillStart(page);
        await dialog(page).getByRole("button", { name: "Start the session" }).click();
        await page.waitForURL(/\/support\/in\/.*\/dashboard$/);
        begun = new URL(page.url()).pathname.replace(/\/dashboard$/, "");
    }
    return begun;
}

const inside = (path: string, name: string, shows: string): Scene => ({
    name: `inside-${name}`,
    shows,
    who: "supportAgent",
    reach: async (page) => void (await page.goto(`${await sharedSession(page)}${path}`)),
    shown: banner,
});

const opened = (name: string, shows: string, who: Who, path: string, button: string | RegExp): Scene => ({
    name,
    shows,
    who,
    reach: async (page) => {
        await page.goto(path);
        await page.getByRole("button", { name: button }).first().click();
    },
    shown: dialog,
});

export const scenes: Scene[] = [
    { name: "support-start", shows: "Starting a support session", who: "supportAgent", reach: fillStart, shown: dialog },
    inside("/dashboard", "dashboard", "Inside a support session: the banner"),
    inside("/items", "items", "Inside: what cannot be changed says why"),
    inside("/members", "members", "Inside: what support never gets to"),
    {
        name: "support-with-session",
        shows: "Support, with a session open",
        who: "supportAgent",
        reach: async (page) => {
            await sharedSession(page);
            await page.goto("/support");
        },
        shown: (page) => page.getByText("Their list of items stays empty").first(),
    },
    {
        name: "support-session",
        shows: "A support session, as its agent sees it",
        who: "supportAgent",
        reach: async (page) => void (await page.goto((await sharedSession(page)).replace("/in/", "/sessions/"))),
        shown: (page) => page.getByText("Their list of items stays empty").first(),
    },
    {
        name: "support-access-inside",
        shows: "What the organization sees of it",
        who: "globexAdmin",
        reach: async (page) => void (await page.goto("/settings/support-access")),
        shown: (page) => page.getByText("Their list of items stays empty").first(),
    },
    opened("staff-invite", "Inviting staff", "platformAdmin", "/admin/staff", /^Invite/),
    opened("keys-rotate", "Rotating the signing keys", "platformAdmin", "/admin/keys", "Rotate"),
    opened("keys-revoke", "Revoking a key", "platformAdmin", "/admin/keys", /^Revoke/),
    {
        name: "unreachable",
        shows: "A list whose service cannot be reached",
        who: "platformAdmin",
        reach: async (page) => {
            await page.route("**/api/v1/people?**", (route) => route.abort());
            await page.goto("/admin/staff");
        },
        shown: (page) => page.getByRole("button", { name: "Try again" }),
    },
    {
        name: "sign-in-over",
        shows: "Signing in again on top of what was typed",
        who: "acmeUser",
        reach: overtake,
        shown: (page) => page.getByRole("dialog", { name: "Sign in" }),
    },
];
