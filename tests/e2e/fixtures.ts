import { type BrowserContext, expect, type Page, test as base } from "@playwright/test";
import { people, type Person, type Who } from "./people";
import { recordContext, recording } from "./recorder";
import { countRequests } from "./settled";

/** Signs in through the form, as a person does. */
export async function signIn(page: Page, person: Person): Promise<void> {
    await page.goto("/login");
    await page.getByLabel("E-mail").fill(person.email);
    await page.getByLabel("Password", { exact: true }).fill(person.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.waitForURL((url) => url.pathname !== "/login");
}

/** Makes breaches of the content security policy, and errors of the page's own script, fail the test. */
export function watch(page: Page): string[] {
    const complaints: string[] = [];
    page.on("console", (message) => {
        if (message.type() === "error" && /Content Security Policy|csp-violation/i.test(message.text())) {
            complaints.push(message.text());
        }
    });
    page.on("pageerror", (error) => complaints.push(`page error: ${error.message}`));
    return complaints;
}

interface Fixtures {
    /** A new page of somebody who is signed in, or of a visitor, who has no session and no stored choices. */
    as(who: Who | null): Promise<Page>;
}

interface WorkerFixtures {
    /** One browser session per person for the whole run: the refresh token rotates, so it cannot be shared as a file. */
    contextOf(who: Who): Promise<BrowserContext>;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
    contextOf: [
        async ({ browser }, use, worker) => {
            const contexts = new Map<Who, BrowserContext>();
            await use(async (who) => {
                let context = contexts.get(who);
                if (!context) {
                    context = await browser.newContext({ baseURL: worker.project.use.baseURL });
                    contexts.set(who, context);
                    recordContext(context);
                    const page = await context.newPage();
                    await signIn(page, people[who]);
                    await page.close();
                }
                return context;
            });
            for (const context of contexts.values()) {
                await context.close();
            }
        },
        { scope: "worker" },
    ],

    context: async ({ context }, use) => {
        recordContext(context);
        await use(context);
    },

    request: async ({ request }, use) => {
        await use(recording(request));
    },

    as: async ({ browser, baseURL, contextOf }, use) => {
        const opened: { page: Page; complaints: string[] }[] = [];
        const visitors: BrowserContext[] = [];
        const newVisitor = async () => {
            const context = await browser.newContext({ baseURL: baseURL ?? "" });
            recordContext(context);
            visitors.push(context);
            return context;
        };
        await use(async (who) => {
            const page = await (await (who ? contextOf(who) : newVisitor())).newPage();
            countRequests(page);
            opened.push({ page, complaints: watch(page) });
            return page;
        });
        for (const { page, complaints } of opened) {
            await page.close();
            expect(complaints).toEqual([]);
        }
        for (const context of visitors) {
            await context.close();
        }
    },
});

export { expect } from "@playwright/test";
