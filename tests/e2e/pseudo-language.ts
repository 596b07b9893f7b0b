import type { Page } from "@playwright/test";

/** Makes this one tab speak the pseudo language: a stored choice would be that of every tab of the person. */
export async function speakPseudo(page: Page): Promise<void> {
    await page.addInitScript(() => {
        const read = Storage.prototype.getItem;
        Storage.prototype.getItem = function (this: Storage, key: string) {
            return key === "pz.language" ? "en-XA" : read.call(this, key);
        };
    });
}

/** Texts that come from no message table. What is nobody's to translate says so (translate="no"). */
export function untranslated(): string[] {
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
export function cut(): string[] {
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
