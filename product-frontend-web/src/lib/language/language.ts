/** Which language this page load speaks. Another choice takes a new page load, so everything below may be constant. */

/** Each language by its own name, as people look for it in a list. */
export const languages = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof languages;

/** English with accents and brackets, for tests: it shows texts that no table holds, and places too narrow for longer words. */
export const pseudoLanguage = "en-XA";

const key = "pz.language";

function isLanguage(tag: string): tag is Language {
    return Object.hasOwn(languages, tag);
}

function storedChoice(): string | null {
    try {
        return localStorage.getItem(key);
    } catch {
        return null;
    }
}

const primary = (tag: string): string => tag.split("-")[0] ?? tag;

/** The stored choice, else the first of the browser's languages that the console has, else English. */
export function pickLanguage(stored: string | null, wanted: readonly string[]): Language | typeof pseudoLanguage {
    if (stored === pseudoLanguage || (stored !== null && isLanguage(stored))) {
        return stored;
    }
    return wanted.map(primary).find(isLanguage) ?? "en";
}

/** The language with the region that the browser names, so that English dates are British for whoever is. */
export function pickLocale(spoken: string, wanted: readonly string[]): string {
    return wanted.find((tag) => primary(tag) === primary(spoken)) ?? primary(spoken);
}

export const language = pickLanguage(storedChoice(), navigator.languages);
export const locale = pickLocale(language, navigator.languages);

/** Keeps the choice and starts the page anew; what its address holds (filters, sort, page) comes back with it. */
export function chooseLanguage(next: Language): void {
    if (next === language) {
        return;
    }
    try {
        localStorage.setItem(key, next);
    } catch {
        return; // Without storage the next page load could not know of it.
    }
    location.reload();
}
