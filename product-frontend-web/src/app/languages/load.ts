import { language, pseudoLanguage } from "@/lib/language/language";
import { translateWith } from "@/lib/language/words";

/** Fetches the page's language, unless it is the built-in one, and tells the browser which it is. */
export async function loadLanguage(): Promise<void> {
    document.documentElement.lang = language;
    try {
        if (language === "de") {
            const { german } = await import("./german");
            translateWith((name) => german[name]);
        } else if (language === pseudoLanguage) {
            const { pseudoTable } = await import("./pseudo");
            translateWith((_name, english) => pseudoTable(english));
        }
    } catch {
        // The words could not be fetched: English is better than an empty page.
        document.documentElement.lang = "en";
    }
}
