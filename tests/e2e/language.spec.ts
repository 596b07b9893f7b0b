import type { Page } from "@playwright/test";
import { expect, signIn, test } from "./fixtures";
import { pages } from "./pages";
import { people } from "./people";
import { settled } from "./settled";

/** Makes this one tab speak the pseudo language: a stored choice would be that of every tab of the person. */
async function speakPseudo(page: Page): Promise<void> {
    await page.addInitScript(() => {
        const read = Storage.prototype.getItem;
        Storage.prototype.getItem = function (this: Storage, key: string) {
            return key === "pz.language" ? "en-XA" : read.call(this, key);
        };
    });
}

/** Texts that come from no message table. What is nobody's to translate says so (translate="no"). */
function untranslated(): string[] {
    const exempt = "[translate=no], [lang=en], time, code, script, style, noscript, head";
    const texts: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        texts.push(...(node.parentElement?.closest(exempt) ? [] : [node.textContent ?? ""]));
    }
    for (const element of document.querySelectorAll("[aria-label], [title], [placeholder], [alt], [aria-description]")) {
        for (const name of ["aria-label", "title", "placeholder", "alt", "aria-description"]) {
            texts.push(...(element.closest(exempt) ? [] : [element.getAttribute(name) ?? ""]));
        }
    }
    texts.push(...(document.querySelector("h1[translate=no]") ? [] : [document.title]));
    return texts.filter((text) => /\p{L}/u.test(text) && !text.includes("⟦"));
}

/** Texts that a longer language cuts off, or pushes out of the page. */
function cut(): string[] {
    const saysSomething = (element: Element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.includes("⟦"));
    const forReaders = (element: Element): boolean =>
        getComputedStyle(element).clipPath !== "none" || (element.parentElement !== null && forReaders(element.parentElement));
    return [...document.querySelectorAll<HTMLElement>("#root *")]
        .filter((element) => {
            if (!saysSomething(element) || !element.checkVisibility() || forReaders(element)) {
                return false;
            }
            const { overflowX, textOverflow } = getComputedStyle(element);
            const clipped = overflowX !== "visible" && textOverflow !== "ellipsis" && element.scrollWidth > element.clientWidth + 1;
            return clipped || element.getBoundingClientRect().right > innerWidth + 1;
        })
        .map((element) => element.outerHTML.slice(0, 200));
}

test.describe("the pseudo language", () => {
    test.describe.configure({ mode: "parallel" });
    for (const { path, heading, who } of pages) {
        test(`every word of ${path} (${heading}, ${who ?? "a visitor"}) comes from a table, and a third more of them still fits`, async ({ as }) => {
            const page = await as(who);
            await speakPseudo(page);
            await page.goto(path);
            await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
            await settled(page);
            expect(await page.evaluate(untranslated)).toEqual([]);
            for (const width of [360, 1280]) {
                await page.setViewportSize({ width, height: 800 });
                expect(await page.evaluate(cut), `${width} px`).toEqual([]);
            }
        });
    }
});

test.describe("languages", () => {
    test("the sign-in page and everything behind it speak the language that was chosen there", async ({ page }) => {
        await page.goto("/login");
        await page.getByRole("button", { name: "Deutsch" }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Anmelden" })).toBeVisible();
        await expect(page.locator("html")).toHaveAttribute("lang", "de");
        await page.getByLabel("E-Mail").fill(people.acmeAdmin.email);
        await page.getByLabel("Passwort", { exact: true }).fill(people.acmeAdmin.password);
        await page.getByRole("button", { name: "Anmelden", exact: true }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Übersicht" })).toBeVisible();
        await expect(page).toHaveTitle("Übersicht - Acme Robotics - Phase Zero");
    });

    test("the account menu changes it, keeps the address, and stores nothing but its name", async ({ page }) => {
        await signIn(page, people.acmeUser);
        await page.goto("/items?status=open");
        await page.getByRole("button", { name: /^Account/ }).click();
        await page.getByRole("menuitemradio", { name: "Deutsch" }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Einträge" })).toBeVisible();
        await expect(page).toHaveURL("/items?status=open");
        expect(await page.evaluate(() => localStorage.getItem("pz.language"))).toBe("de");
        await page.getByRole("button", { name: /^Konto/ }).click();
        await page.getByRole("menuitemradio", { name: "English" }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Items" })).toBeVisible();
    });

    test("somebody who has chosen none gets the browser's, with its way to write dates", async ({ browser, baseURL }) => {
        const context = await browser.newContext({ baseURL: baseURL ?? "", locale: "de-AT" });
        const page = await context.newPage();
        await page.goto("/login");
        await expect(page.getByRole("heading", { level: 1, name: "Anmelden" })).toBeVisible();
        await context.close();
    });
});
