import { type BrowserContext, expect, type Locator, type Page, test as base } from "@playwright/test";
import { violationsOn } from "./accessibility";
import { FaultProxy } from "./fault-proxy";
import { signIn, watch } from "./fixtures";
import { unique } from "./newcomers";
import { people } from "./people";
import { countRequests, settled } from "./settled";

// A proxy before the console makes what goes wrong on a bad day. Whatever a service can refuse by itself it does: then the
// proxy only spoils the request. Nothing here is recorded as an answer of a service.
const test = base.extend<{ page: Page; trouble: FaultProxy }, { bad: { proxy: FaultProxy; context: BrowserContext } }>({
    bad: [
        async ({ browser }, use, worker) => {
            const proxy = await FaultProxy.before(worker.project.use.baseURL ?? "");
            const context = await browser.newContext({ baseURL: proxy.origin, viewport: { width: 1280, height: 800 } });
            const page = await context.newPage();
            await signIn(page, people.acmeAdmin);
            await page.close();
            await use({ proxy, context });
            await context.close();
            await proxy.close();
        },
        { scope: "worker" },
    ],
    trouble: async ({ bad: { proxy } }, use) => {
        await use(proxy);
        expect(proxy.spent, "a fault that no request has met").toBe(true);
        proxy.clear();
    },
    page: async ({ bad: { context } }, use) => {
        const page = await context.newPage();
        const complaints = watch(page);
        await use(page);
        await page.close();
        expect(complaints).toEqual([]);
    },
});

const items = "/api/v1/items";

/** A service's refusal, word for word as libs/web/src/problem.cpp writes it. */
function problem(status: number, title: string, code: string, detail: string) {
    return { type: "about:blank", title, status, detail, code, request_id: "faults-0000000001" };
}

async function openForm(page: Page, title: string): Promise<Locator> {
    await page.goto(`/items?q=${encodeURIComponent(title)}`);
    await page.getByRole("button", { name: "New item" }).first().click();
    const dialog = page.getByRole("dialog", { name: "New item" });
    await dialog.getByLabel("Title").fill(title);
    await dialog.getByLabel("Description").fill("Typed once.");
    return dialog;
}

/** Nothing that was typed is gone, the same button works, and it has worked once. */
async function retrySucceeds(page: Page, dialog: Locator, title: string): Promise<void> {
    await expect(dialog.getByLabel("Title")).toHaveValue(title);
    await expect(dialog.getByLabel("Description")).toHaveValue("Typed once.");
    await dialog.getByRole("button", { name: "Create item" }).click();
    await expect(dialog).toBeHidden();
    await createdOnce(page, title);
}

async function createdOnce(page: Page, title: string): Promise<void> {
    await expect(page.getByRole("row").filter({ hasText: title })).toBeVisible();
    await page.reload();
    await expect(page.getByRole("row").filter({ hasText: title })).toHaveCount(1);
}

test.describe("when the service is slow", () => {
    test("a list shows what is to come, and then comes", async ({ page, trouble }) => {
        const gate = Promise.withResolvers<void>();
        trouble.meet({ method: "GET", path: items, until: gate.promise });
        await page.goto("/items");
        await expect(page.getByRole("status", { name: "Loading items" })).toBeVisible();
        gate.resolve();
        await expect(page.getByRole("row").nth(1)).toBeVisible();
        await expect(page.getByRole("status", { name: "Loading items" })).toHaveCount(0);
    });

    test("a form says that it is busy, and a second press sends nothing", async ({ page, trouble }) => {
        const title = unique("Slow");
        const gate = Promise.withResolvers<void>();
        const dialog = await openForm(page, title);
        trouble.meet({ method: "POST", path: items, until: gate.promise });
        const button = dialog.getByRole("button", { name: "Create item" });
        await button.click();
        await expect(button).toHaveAttribute("aria-disabled", "true");
        await button.dispatchEvent("click");
        await dialog.getByLabel("Title").press("Enter");
        gate.resolve();
        await expect(dialog).toBeHidden();
        await createdOnce(page, title);
    });
});

test.describe("when no answer comes", () => {
    test("a list says so, and loads when it is asked again", async ({ page, trouble }) => {
        // The first try and the two that the page makes by itself.
        trouble.meet({ method: "GET", path: items, breaks: "before", times: 3 });
        await page.goto("/items");
        const alert = page.getByRole("alert").filter({ hasText: "The server cannot be reached" });
        await expect(alert).toBeVisible();
        await alert.getByRole("button", { name: "Try again" }).click();
        await expect(page.getByRole("row").nth(1)).toBeVisible();
    });

    test("a form keeps what was typed", async ({ page, trouble }) => {
        const title = unique("Down");
        const dialog = await openForm(page, title);
        trouble.meet({ method: "POST", path: items, breaks: "before" });
        await dialog.getByRole("button", { name: "Create item" }).click();
        await expect(dialog.getByRole("alert").filter({ hasText: "The server cannot be reached." })).toBeVisible();
        await retrySucceeds(page, dialog, title);
    });

    test("what was done although its answer was lost is not done twice", async ({ page, trouble }) => {
        const title = unique("Lost");
        const dialog = await openForm(page, title);
        trouble.meet({ method: "POST", path: items, breaks: "after" });
        await dialog.getByRole("button", { name: "Create item" }).click();
        await expect(dialog.getByRole("alert").filter({ hasText: "The server cannot be reached." })).toBeVisible();
        await retrySucceeds(page, dialog, title);
    });
});

test.describe("when the service refuses", () => {
    test("401 in mid-form: the session is renewed and the form goes through, unseen", async ({ page, trouble }) => {
        const title = unique("Renewed");
        const dialog = await openForm(page, title);
        trouble.meet({
            method: "POST",
            path: items,
            change: ({ headers }) => {
                headers.authorization = "Bearer spoilt";
            },
        });
        const renewal = page.waitForResponse((response) => new URL(response.url()).pathname === "/token");
        await dialog.getByRole("button", { name: "Create item" }).click();
        expect((await renewal).status()).toBe(200);
        await expect(dialog).toBeHidden();
        await createdOnce(page, title);
    });

    test.describe("401, and the session is over", () => {
        /**
         * Ends the session at the server, as a limit of time or an admin would; this tab does not know. Not before it has all
         * that it asked for: a late answer would tell it.
         */
        async function endSession(page: Page): Promise<void> {
            await settled(page);
            const cookie = (await page.context().cookies()).find(({ name }) => name.endsWith("pz_refresh"));
            const answer = await page.context().request.post("/logout", { headers: { "X-Requested-With": "phasezero-web", Cookie: `${cookie?.name}=${cookie?.value}` } });
            expect(answer.status()).toBe(204);
        }

        test("the form waits below while its person signs in again, and goes through", async ({ browser, trouble }) => {
            const context = await browser.newContext({ baseURL: trouble.origin, viewport: { width: 1280, height: 800 } });
            const page = await context.newPage();
            const complaints = watch(page);
            countRequests(page);
            await signIn(page, people.acmeUser);
            const title = unique("Overtaken");
            const dialog = await openForm(page, title);
            await endSession(page);
            await dialog.getByRole("button", { name: "Create item" }).click();

            const over = page.getByRole("dialog", { name: "Sign in" });
            await expect(over.getByText("What you typed is still here")).toBeVisible();
            await expect(over.getByLabel("E-mail")).toHaveValue(people.acmeUser.email);
            await expect(over.getByLabel("Password", { exact: true })).toBeFocused();
            // Neither key nor press reaches the form below; nothing of the page can be read.
            await page.keyboard.press("Escape");
            await page.keyboard.press("Escape");
            await page.mouse.click(5, 5);
            await expect(over).toBeVisible();
            await expect(page.getByRole("heading", { name: "Items" })).toHaveCount(0);
            expect(await page.evaluate(() => document.elementsFromPoint(640, 400).some((element) => element.closest("#root")))).toBe(false);

            await over.getByLabel("Password", { exact: true }).fill("not the password");
            await page.keyboard.press("Enter");
            await expect(over.getByRole("alert").filter({ hasText: /\S/ })).toBeVisible();
            await over.getByLabel("Password", { exact: true }).fill(people.acmeUser.password);
            await page.keyboard.press("Enter");
            await expect(over).toBeHidden();
            await expect(dialog).toBeHidden();
            await createdOnce(page, title);
            const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
            expect(stored).not.toContain(title);
            expect(complaints).toEqual([]);
            await context.close();
        });

        test("signing in on top of a form is accessible in both themes, wide and narrow", async ({ browser, trouble }) => {
            const context = await browser.newContext({ baseURL: trouble.origin, viewport: { width: 1280, height: 800 } });
            const page = await context.newPage();
            countRequests(page);
            await signIn(page, people.acmeUser);
            const dialog = await openForm(page, unique("Unseen"));
            await endSession(page);
            await dialog.getByRole("button", { name: "Create item" }).click();
            await expect(page.getByRole("dialog", { name: "Sign in" })).toBeVisible();
            for (const width of [1280, 360]) {
                await page.setViewportSize({ width, height: 800 });
                for (const colorScheme of ["light", "dark"] as const) {
                    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
                    await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
                    // The refused request waits below for as long as this is open, but the network is silent.
                    await settled(page);
                    expect(await violationsOn(page), `${colorScheme}, ${width} px`).toEqual([]);
                }
            }
            await context.close();
        });

        test("somebody else who signs in there begins anew, and sees nothing of it", async ({ browser, trouble }) => {
            const context = await browser.newContext({ baseURL: trouble.origin });
            const page = await context.newPage();
            countRequests(page);
            await signIn(page, people.acmeUser);
            const dialog = await openForm(page, unique("Not theirs"));
            await endSession(page);
            await dialog.getByRole("button", { name: "Create item" }).click();
            const over = page.getByRole("dialog", { name: "Sign in" });
            await over.getByLabel("E-mail").fill(people.globexAdmin.email);
            await over.getByLabel("Password", { exact: true }).fill(people.globexAdmin.password);
            await page.keyboard.press("Enter");
            await expect(page).toHaveURL("/dashboard");
            await expect(page).toHaveTitle("Dashboard - Globex - Phase Zero");
            await expect(page.getByText("Not theirs")).toHaveCount(0);
            await context.close();
        });

        test("without anything typed, the page is left for the sign-in page, and comes back", async ({ browser, trouble }) => {
            const context = await browser.newContext({ baseURL: trouble.origin });
            const page = await context.newPage();
            countRequests(page);
            await signIn(page, people.acmeUser);
            await page.goto("/projects");
            await expect(page.getByRole("heading", { level: 1, name: "Projects" })).toBeVisible();
            await endSession(page);
            await page.getByRole("link", { name: "Items", exact: true }).click();
            await expect(page).toHaveURL(/\/login\?notice=expired/);
            await page.getByLabel("E-mail").fill(people.acmeUser.email);
            await page.getByLabel("Password", { exact: true }).fill(people.acmeUser.password);
            await page.keyboard.press("Enter");
            await expect(page.getByRole("heading", { level: 1, name: "Items" })).toBeVisible();
            await context.close();
        });
    });

    test("409: the form says what it collides with", async ({ page, trouble }) => {
        const title = unique("Reused");
        const used = crypto.randomUUID();
        const withUsedKey = ({ headers }: { headers: Record<string, unknown> }) => {
            headers["idempotency-key"] = used;
        };
        const first = await openForm(page, `${title} first`);
        trouble.meet({ method: "POST", path: items, change: withUsedKey });
        await first.getByRole("button", { name: "Create item" }).click();
        await expect(first).toBeHidden();

        const dialog = await openForm(page, `${title} second`);
        trouble.meet({ method: "POST", path: items, change: withUsedKey });
        await dialog.getByRole("button", { name: "Create item" }).click();
        await expect(dialog.getByRole("alert").filter({ hasText: /\S/ })).toBeVisible();
        await retrySucceeds(page, dialog, `${title} second`);
    });

    test("412: both versions are shown, and keeping one's own works", async ({ page, trouble }) => {
        const title = unique("Stale");
        const dialog = await openForm(page, title);
        await dialog.getByRole("button", { name: "Create item" }).click();
        await expect(dialog).toBeHidden();
        trouble.meet({
            method: "PATCH",
            path: /^\/api\/v1\/items\//,
            change: ({ headers }) => {
                headers["if-match"] = '"4711"';
            },
        });
        await page.getByRole("button", { name: `Rename ${title}` }).click();
        await page.getByLabel(`New title of ${title}`).fill(`${title} mine`);
        await page.keyboard.press("Enter");
        const conflict = page.getByRole("dialog", { name: "This item has changed" });
        await expect(conflict).toContainText(`${title} mine`);
        await conflict.getByRole("button", { name: "Keep mine" }).click();
        await expect(page.getByRole("row").filter({ hasText: `${title} mine` })).toBeVisible();
    });

    test("422: it stands beside the field that it is about, which has the focus", async ({ page, trouble }) => {
        const title = unique("Invalid");
        const dialog = await openForm(page, title);
        trouble.meet({
            method: "POST",
            path: items,
            change: (passing) => {
                passing.body = JSON.stringify({ ...JSON.parse(passing.body), title: "x".repeat(201) });
            },
        });
        await dialog.getByRole("button", { name: "Create item" }).click();
        await expect(dialog.getByLabel("Title")).toBeFocused();
        await expect(dialog.getByLabel("Title")).toHaveAttribute("aria-invalid", "true");
        await expect(dialog.getByLabel("Title")).toHaveAccessibleDescription("Must have at most 200 characters.");
        await retrySucceeds(page, dialog, title);
    });

    const tooMany = problem(429, "Too Many Requests", "rate_limited", "too many requests; try again later");

    test("429: a list counts down to the next try, and offers it then", async ({ page, trouble }) => {
        trouble.meet({ method: "GET", path: items, answer: { status: 429, headers: { "Retry-After": "3" }, body: tooMany } });
        await page.goto("/items");
        await expect(page.getByText("Too many requests", { exact: true })).toBeVisible();
        await expect(page.getByRole("button", { name: /^Try again in 0:0\d$/ })).toBeDisabled();
        await page.getByRole("button", { name: "Try again", exact: true }).click();
        await expect(page.getByRole("row").nth(1)).toBeVisible();
    });

    test("429: a form counts down, keeps what was typed, and says when it can be sent", async ({ page, trouble }) => {
        const title = unique("Hurried");
        const dialog = await openForm(page, title);
        trouble.meet({ method: "POST", path: items, answer: { status: 429, headers: { "Retry-After": "3" }, body: tooMany } });
        await dialog.getByRole("button", { name: "Create item" }).click();
        await expect(dialog.getByText(/Try again in 0:0\d\./)).toBeVisible();
        await expect(dialog.getByText("You can try again now.")).toBeVisible();
        await retrySucceeds(page, dialog, title);
    });

    const busy = problem(503, "Service Unavailable", "unavailable", "the service is busy");

    test("503: a form says whom to quote it to, and works when the service does", async ({ page, trouble }) => {
        const title = unique("Busy");
        const dialog = await openForm(page, title);
        trouble.meet({ method: "POST", path: items, answer: { status: 503, headers: { "Retry-After": "1" }, body: busy } });
        await dialog.getByRole("button", { name: "Create item" }).click();
        await expect(dialog.getByRole("alert").filter({ hasText: "(request faults-0000000001)" })).toBeVisible();
        await retrySucceeds(page, dialog, title);
    });

    test("503: what was shown as done already is taken back", async ({ page, trouble }) => {
        const title = unique("Undone");
        const dialog = await openForm(page, title);
        await dialog.getByRole("button", { name: "Create item" }).click();
        const status = page.getByRole("combobox", { name: `Status of ${title}` });
        await expect(status).toHaveValue("open");
        trouble.meet({ method: "PATCH", path: /^\/api\/v1\/items\//, answer: { status: 503, body: busy } });
        await status.selectOption("done");
        await expect(page.getByRole("alert").getByText("The change was not saved")).toBeVisible();
        await expect(status).toHaveValue("open");
        await status.selectOption("done");
        await expect(page.getByText("is now done")).toBeVisible();
    });

    test("503: a list that is there stays, says that it may be old, and is renewed by hand", async ({ page, trouble }) => {
        const title = unique("Kept");
        const dialog = await openForm(page, title);
        // What follows the creation: the list again, and the two tries that the page makes by itself.
        trouble.meet({ method: "GET", path: items, answer: { status: 503, body: busy }, times: 3 });
        await dialog.getByRole("button", { name: "Create item" }).click();
        const notice = page.getByRole("status").filter({ hasText: "may be" });
        await expect(notice).toBeVisible();
        await notice.getByRole("button", { name: "Try again" }).click();
        await expect(notice).toBeHidden();
        await createdOnce(page, title);
    });
});
