import { type APIRequestContext, type Locator, type Page } from "@playwright/test";
import { violationsOn } from "./accessibility";
import { expect, test, watch } from "./fixtures";
import { accessToken, unique } from "./newcomers";
import { people, type Person } from "./people";
import { cut, speakPseudo, untranslated } from "./pseudo-language";
import { settled } from "./settled";

// Support sessions from both sides. Every test ends what it began, as an agent may have three open at a time; and the starts are
// shared between two agents, as one may have ten in an hour.

const bannerOf = (page: Page) => page.getByRole("region", { name: "Support session" });
const heading = (page: Page, name: string | RegExp) => expect(page.getByRole("heading", { level: 1, name })).toBeVisible();

async function authorized(request: APIRequestContext, person: Person) {
    return { headers: { Authorization: `Bearer ${await accessToken(request, person)}` } };
}

async function endAll(request: APIRequestContext): Promise<void> {
    for (const agent of [people.supportAgent, people.platformAdmin]) {
        const as = await authorized(request, agent);
        const open = (await (await request.get("/api/v1/support/sessions?part=open", as)).json()) as { items: { id: string }[] };
        for (const { id } of open.items) {
            await request.delete(`/api/v1/support/impersonate/${id}`, as);
        }
    }
}

async function setPolicy(request: APIRequestContext, policy: string): Promise<void> {
    const answer = await request.put("/api/v1/org/support-policy", { ...(await authorized(request, people.globexAdmin)), data: { policy } });
    expect(answer.status()).toBe(200);
}

/** The dialog, filled in as far as everybody has to. */
async function openDialog(page: Page, organization: string, reason: string): Promise<Locator> {
    await page.goto(`/support/lookup?q=${organization}`);
    await page.getByRole("button", { name: new RegExp(`^Start a session at ${organization}`, "i") }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason", { exact: true }).fill(reason);
    return dialog;
}

/** Starts a session that reads, and answers its address. */
async function start(page: Page, organization: string, reason: string): Promise<string> {
    const dialog = await openDialog(page, organization, reason);
    await dialog.getByRole("button", { name: "Start the session" }).click();
    await heading(page, "Dashboard");
    return new URL(page.url()).pathname.replace(/\/dashboard$/, "");
}

async function tabTo(page: Page, target: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
    for (let presses = 0; presses < 30; ++presses) {
        if (await target.evaluate((element) => element === document.activeElement)) {
            return;
        }
        await page.keyboard.press(key);
    }
    throw new Error(`Thirty presses of ${key} do not lead there.`);
}

test.afterEach(async ({ request }) => {
    await endAll(request);
});

test.describe("a support session", () => {
    test("from the keyboard alone: sign in, look up, start, look, end", async ({ page }) => {
        const complaints = watch(page);
        await page.goto("/login");
        await expect(page.getByLabel("E-mail")).toBeFocused();
        await page.keyboard.type(people.supportAgent.email);
        await page.keyboard.press("Tab");
        await page.keyboard.type(people.supportAgent.password);
        await page.keyboard.press("Enter");
        await heading(page, "Support");
        await page.keyboard.press("/");
        await page.keyboard.type("acme");
        await page.keyboard.press("Enter");
        await expect(page).toHaveURL("/support/lookup?q=acme");
        const startButton = page.getByRole("button", { name: "Start a session at Acme Robotics" });
        await expect(startButton).toBeVisible();
        await expect(page.getByRole("searchbox")).toBeFocused();
        await tabTo(page, startButton);
        await page.keyboard.press("Enter");
        await expect(page.getByLabel("Reason", { exact: true })).toBeFocused();
        await page.keyboard.type("Their item list stays empty");
        await tabTo(page, page.getByLabel("Ticket"));
        await page.keyboard.type("4711");
        await page.keyboard.press("Enter");

        const banner = bannerOf(page);
        for (const said of ["Viewing Acme Robotics as support", "Their item list stays empty", "4711", "Read-only", "Support agent", /1[45]:\d\d/]) {
            await expect(banner).toContainText(said);
        }
        await heading(page, "Dashboard");
        await expect(page).toHaveTitle("[support] Dashboard - Acme Robotics - Phase Zero");
        await page.keyboard.press("g");
        await page.keyboard.press("i");
        await heading(page, "Items");
        await expect(page.getByRole("row").nth(1)).toBeVisible();
        await tabTo(page, banner.getByRole("button", { name: "End the session" }), "Shift+Tab");
        await page.keyboard.press("Enter");
        await expect(page).toHaveURL("/support/lookup?q=acme");
        await heading(page, "Lookup");
        await expect(startButton).toBeVisible();
        expect(complaints).toEqual([]);
    });

    test("has its banner on every page, after a reload and in a new tab, and signs nothing with the agent's own token", async ({ as, contextOf }) => {
        const page = await as("supportAgent");
        const signers: string[] = [];
        const refused: string[] = [];
        const context = await contextOf("supportAgent");
        context.on("request", async (request) => {
            const { pathname } = new URL(request.url());
            const token = (await request.allHeaders().catch(() => null))?.authorization;
            if (token && /^\/(api\/v1\/(items|projects|org|integrations|people|audit)|me)/.test(pathname)) {
                const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { act?: unknown; imp?: { mode: string } };
                signers.push(claims.act && claims.imp?.mode === "ro" ? "session" : `agent: ${pathname}`);
            }
        });
        const view = await start(page, "Globex", "To see what they see on each page");
        signers.length = 0;
        context.on("response", (response) => response.status() >= 400 && refused.push(`${response.url()} ${response.status()}`));
        const other = await as("supportAgent");
        for (const [path, title] of [
            ["/", "Dashboard"],
            ["/items", "Items"],
            ["/projects", "Projects"],
            ["/settings/organization", "Organization"],
            ["/settings/integrations", "Integrations"],
            ["/members", "Not in a support session"],
            ["/audit", "Not in a support session"],
            ["/settings/security", "Not in a support session"],
            ["/settings/api-keys", "Not in a support session"],
            ["/settings/support-access", "Not in a support session"],
            ["/support/lookup", "Not in a support session"],
            ["/admin/orgs", "Not in a support session"],
            ["/login", "Dashboard"],
            ["/no-such-page", "Page not found"],
        ] as const) {
            const tab = path === "/items" ? other : page;
            await tab.goto(`${view}${path}`);
            await heading(tab, title);
            await expect(bannerOf(tab), path).toContainText("Viewing Globex");
            await expect(tab).toHaveTitle(/^\[support\] /);
            await expect(tab.locator("link[rel=icon]")).toHaveAttribute("href", "/favicon-support.svg");
        }
        await other.reload();
        await heading(other, "Items");
        await expect(bannerOf(other)).toContainText("Viewing Globex");
        const newItem = other.getByRole("button", { name: "New item" }).first();
        await expect(newItem).toHaveAttribute("aria-disabled", "true");
        await expect(newItem).toHaveAttribute("aria-description", /only reads/);
        await newItem.click({ force: true });
        await expect(other.getByRole("dialog")).toHaveCount(0);
        const kept = await other.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
        expect(kept).not.toContain("ey");
        expect(refused).toEqual([]);
        expect(signers).toContain("session");
        expect(signers.filter((signer) => signer !== "session")).toEqual([]);
    });

    test("is seen and ended by the customer, empties the agent's page at once, and does not come back", async ({ as }) => {
        const reason = unique("Why their export is empty");
        const agent = await as("supportAgent");
        const view = await start(agent, "Acme", reason);
        const id = view.split("/").at(-1) ?? "";

        const admin = await as("acmeAdmin");
        await admin.goto("/projects");
        await admin.getByRole("link", { name: "See who and why" }).click();
        const row = admin.getByRole("listitem").filter({ hasText: reason });
        await expect(row).toContainText("Support agent");
        await expect(row).toContainText("Read-only");
        await row.getByRole("button", { name: "End the session of Support agent" }).click();
        await admin.getByRole("dialog").getByRole("button", { name: "End the session" }).click();
        await expect(admin.getByText("The session is ended")).toBeVisible();
        await expect(row).toContainText("An admin of the organization ended it");

        // What the customer's pages ask from here on is refused, and nothing asks twice.
        const asked: string[] = [];
        agent.on("response", (response) => {
            const { pathname } = new URL(response.url());
            if (/^\/api\/v1\/(items|projects|org)/.test(pathname)) {
                asked.push(`${pathname} ${response.status()}`);
            }
        });
        await agent.getByRole("link", { name: "Projects", exact: true }).click();
        await expect(agent).toHaveURL(`/support/sessions/${id}`);
        await expect(agent.getByRole("heading", { name: "The session at Acme Robotics is over" })).toBeVisible();
        await expect(agent.getByText("An admin of the organization ended it").first()).toBeVisible();
        expect(asked.filter((answer) => !answer.endsWith(" 401"))).toEqual([]);
        asked.length = 0;
        await agent.goto(`${view}/items`);
        await expect(agent).toHaveURL(`/support/sessions/${id}`);
        await agent.goBack();
        await expect(agent).toHaveURL(new RegExp("^[^#]*/support/"));
        await expect(agent.getByRole("heading", { level: 1, name: /Items|Projects|Dashboard/ })).toHaveCount(0);
        expect(asked).toEqual([]);

        await admin.getByRole("link", { name: "What Support agent did" }).first().click();
        await expect(admin).toHaveURL(`/audit?impersonation=${id}`);
        await expect(admin.getByText("via support").first()).toBeVisible();
    });

    test("is left at once by the tab that ended it and by all others, and the agent stays signed in", async ({ as }) => {
        const page = await as("platformAdmin");
        const view = await start(page, "Globex", "Two tabs of one session, one of them ends it");
        const other = await as("platformAdmin");
        await other.goto(`${view}/items`);
        await heading(other, "Items");
        await page.keyboard.press("Control+.");
        await expect(page).toHaveURL("/support/lookup?q=Globex");
        await other.getByRole("link", { name: "Projects", exact: true }).click();
        await expect(other.getByRole("heading", { name: "The session at Globex is over" })).toBeVisible();
        await expect(other.getByText("The agent was done").first()).toBeVisible();
        await other.getByRole("link", { name: "Lookup", exact: true }).click();
        await heading(other, "Lookup");
    });

    test("that changes data waits for a second person, and may then change but not delete", async ({ as }) => {
        const agent = await as("supportAgent");
        const dialog = await openDialog(agent, "Globex", "They ask us to put back a title");
        await dialog.getByLabel("Look and change").check();
        await dialog.getByRole("button", { name: "Ask for the session" }).click();
        await expect(dialog.getByText("Then only look, please.")).toBeVisible();
        await dialog.getByLabel(/^Looking is not enough/).check();
        await dialog.getByRole("button", { name: "Ask for the session" }).click();
        await expect(agent.getByRole("heading", { name: "Waiting for an answer at Globex" })).toBeVisible();

        const second = await as("platformAdmin");
        await second.goto("/support/sessions");
        await second.getByRole("button", { name: "Let Support agent into Globex" }).click();
        await expect(second.getByText("The session has begun")).toBeVisible();
        await agent.getByRole("button", { name: "Open its pages" }).click();
        await expect(bannerOf(agent)).toContainText("May change data");
        await agent.getByRole("link", { name: "Items", exact: true }).click();
        const title = unique("By support");
        await agent.getByRole("button", { name: "New item" }).first().click();
        await agent.getByRole("dialog").getByLabel("Title").fill(title);
        await agent.getByRole("dialog").getByRole("button", { name: "Create item" }).click();
        const row = agent.getByRole("row").filter({ hasText: title });
        await expect(row).toBeVisible();
        await expect(row.getByRole("button", { name: `Delete ${title}` })).toHaveAttribute("aria-description", "A support session never deletes anything.");
        await bannerOf(agent).getByRole("button", { name: "End the session" }).click();
        await expect(agent).toHaveURL(/\/support\/sessions\//);
    });
});

test.describe("what an organization allows", () => {
    test.afterEach(async ({ request }) => setPolicy(request, "notify"));

    test("approval: its admins are asked on every page, and their refusal reaches the agent", async ({ as }) => {
        const admin = await as("globexAdmin");
        await admin.goto("/settings/support-access");
        await admin.getByLabel("Only after one of us has agreed").check();
        await admin.getByRole("button", { name: "Save" }).click();
        await expect(admin.getByText("What you allow support is saved")).toBeVisible();

        const agent = await as("supportAgent");
        const dialog = await openDialog(agent, "Globex", "May I have a look at your projects?");
        await expect(dialog).toContainText("have to agree first");
        await dialog.getByRole("button", { name: "Ask for the session" }).click();
        await expect(agent.getByRole("heading", { name: "Waiting for an answer at Globex" })).toBeVisible();
        await admin.goto("/items");
        await expect(admin.getByText("Support asks to be let in.")).toBeVisible();
        await admin.getByRole("link", { name: "Answer" }).click();
        await admin.getByRole("button", { name: "Refuse Support agent" }).click();
        await expect(admin.getByText("The request is refused")).toBeVisible();
        await expect(agent.getByRole("heading", { name: "The session at Globex is over" })).toBeVisible();
        await expect(agent.getByText("It was refused").first()).toBeVisible();
    });

    test("deny: closing ends what is open, and the button says why it cannot be pressed", async ({ as }) => {
        const agent = await as("platformAdmin");
        await start(agent, "Globex", "What happens when they close the door");
        const admin = await as("globexAdmin");
        await admin.goto("/settings/support-access");
        await admin.getByLabel("Closed").check();
        await admin.getByRole("button", { name: "Save" }).click();
        await admin.getByRole("dialog").getByRole("button", { name: "Close it" }).click();
        await expect(admin.getByText("What you allow support is saved")).toBeVisible();
        await agent.getByRole("link", { name: "Items", exact: true }).click();
        await expect(agent.getByText("The organization does not allow support any more").first()).toBeVisible();
        await agent.getByRole("link", { name: "Look it up again" }).click();
        const button = agent.getByRole("button", { name: "Start a session at Globex" });
        await expect(button).toHaveAttribute("aria-disabled", "true");
        await expect(button).toHaveAttribute("aria-description", /does not allow support/);
    });

    test("window: open until a day of the next 90", async ({ as }) => {
        const admin = await as("globexAdmin");
        await admin.goto("/settings/support-access");
        await admin.getByLabel("Open until a day").check();
        await admin.getByLabel("Until the end of").fill("2020-01-01");
        await admin.getByRole("button", { name: "Save" }).click();
        await expect(admin.getByText("A day within the next 90 days, please.")).toBeVisible();
        const day = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
        await admin.getByLabel("Until the end of").fill(day);
        await admin.getByRole("button", { name: "Save" }).click();
        await expect(admin.getByText("What you allow support is saved")).toBeVisible();
        await admin.reload();
        await expect(admin.getByLabel("Until the end of")).toHaveValue(day);
    });
});

test.describe("a start that is refused", () => {
    test.afterEach(async ({ request }) => setPolicy(request, "notify"));

    test("says what to do, beside the field or under the form", async ({ as, request }) => {
        const page = await as("supportAgent");
        const dialog = await openDialog(page, "Globex", "short");
        const submit = dialog.getByRole("button", { name: "Start the session" });
        await submit.click();
        await expect(dialog.getByText(/^A real reason, please/)).toBeVisible();
        await dialog.getByLabel("Reason", { exact: true }).fill("A reason that is long enough");
        await dialog.getByLabel("As one member").fill(crypto.randomUUID());
        await submit.click();
        await expect(dialog.getByText("Nobody with this id is an ordinary member there.")).toBeVisible();
        await dialog.getByLabel("As one member").fill("");
        await setPolicy(request, "deny");
        await submit.click();
        await expect(dialog.getByText(/^The organization does not allow support sessions/)).toBeVisible();
    });

    test("counts down where the service asks to wait, and asks for a fresh proof where it wants one", async ({ as }) => {
        const page = await as("platformAdmin");
        // The service's own answers to ten starts within an hour, and to a second factor that is an hour old.
        const answers: { status: number; code: string; headers: Record<string, string> }[] = [
            { status: 401, code: "reauthentication_required", headers: {} },
            { status: 429, code: "rate_limited", headers: { "Retry-After": "3" } },
        ];
        await page.route("**/api/v1/support/impersonate/*", async (route) => {
            const answer = answers.shift();
            await (answer
                ? route.fulfill({
                      status: answer.status,
                      headers: answer.headers,
                      contentType: "application/problem+json",
                      body: JSON.stringify({ type: "about:blank", title: "Refused", status: answer.status, code: answer.code, request_id: "-" }),
                  })
                : route.continue());
        });
        const dialog = await openDialog(page, "Globex", "A reason that is long enough");
        await dialog.getByRole("button", { name: "Start the session" }).click();
        const proof = page.getByRole("dialog", { name: "Is it really you?" });
        await proof.getByLabel("Your password").fill(people.platformAdmin.password);
        await proof.getByRole("button", { name: "Continue" }).click();
        await expect(dialog.getByRole("button", { name: /^Wait 0:0\d$/ })).toBeDisabled();
        await expect(dialog.getByText(/^You have started many sessions/)).toBeVisible();
        await expect(dialog.getByLabel("Reason", { exact: true })).toHaveValue("A reason that is long enough");
        await dialog.getByRole("button", { name: "Start the session" }).click();
        await heading(page, "Dashboard");
    });
});

test("sessions without a ticket appear among the signals of the platform's admins", async ({ as }) => {
    const agent = await as("supportAgent");
    await start(agent, "Globex", "No ticket, and that should not go unseen");
    const admin = await as("platformAdmin");
    await admin.goto("/admin/support");
    const row = admin.getByRole("row").filter({ hasText: "Without a ticket" }).filter({ hasText: "Support agent" });
    await expect(row).toBeVisible();
    await row.getByRole("link", { name: "What Support agent did" }).click();
    await expect(admin).toHaveURL(/\/admin\/audit\?.*actor=/);
});

test("what a session shows has no accessibility violation, and fits in a longer language", async ({ as }) => {
    test.slow(); // Four audits of each of five pages.
    const page = await as("platformAdmin");
    await page.emulateMedia({ reducedMotion: "reduce" });
    await openDialog(page, "Globex", "To look at it in every light");
    const check = async (what: string, title: string | null) => {
        for (const colorScheme of ["light", "dark"] as const) {
            for (const width of [360, 1280]) {
                await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
                await page.setViewportSize({ width, height: 800 });
                await settled(page, title);
                expect(await violationsOn(page), `${what}, ${colorScheme}, ${width} px`).toEqual([]);
                const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                expect(overflow, `sideways scrolling of ${what}, ${colorScheme}, ${width} px`).toBeLessThanOrEqual(0);
            }
        }
    };
    await check("the dialog", null);
    await page.getByRole("button", { name: "Start the session" }).click();
    await heading(page, "Dashboard");
    const view = new URL(page.url()).pathname.replace(/\/dashboard$/, "");
    await check("the dashboard", "Dashboard");
    await page.goto(`${view}/items`);
    await check("the items", "Items");
    await page.goto(`${view}/members`);
    await check("a page beyond reach", "Not in a support session");
    const admin = await as("globexAdmin");
    await admin.goto("/settings/support-access");
    await expect(admin.getByRole("button", { name: /^End the session/ })).toBeVisible();
    await settled(admin, "Support access");
    expect(await violationsOn(admin)).toEqual([]);

    const foreign = await as("platformAdmin");
    await speakPseudo(foreign);
    for (const path of [`${view}/items`, `${view}/members`, view.replace("/in/", "/sessions/")]) {
        await foreign.goto(path);
        await expect(foreign.getByRole("heading", { level: 1 })).toBeVisible();
        await foreign.waitForLoadState("networkidle");
        expect((await foreign.evaluate(untranslated)).filter((text) => !text.startsWith("[support]")), path).toEqual([]);
        for (const width of [360, 1280]) {
            await foreign.setViewportSize({ width, height: 800 });
            expect(await foreign.evaluate(cut), `${path}, ${width} px`).toEqual([]);
        }
    }
});
