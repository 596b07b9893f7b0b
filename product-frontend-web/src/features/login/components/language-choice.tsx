import { chooseLanguage, type Language, language, languages } from "@/lib/language/language";
import { words } from "../words";

/** Whoever cannot read this page has to find it here: each language is called by its own name. */
export function LanguageChoice() {
    return (
        <p role="group" aria-label={words.language} className="mt-8 flex gap-4 text-xs text-ink-soft">
            {Object.entries(languages).map(([value, name]) => (
                <button
                    key={value}
                    type="button"
                    lang={value}
                    translate="no"
                    aria-pressed={value === language}
                    className="py-1 underline-offset-4 hover:text-ink hover:underline aria-pressed:font-semibold aria-pressed:text-ink"
                    onClick={() => chooseLanguage(value as Language)}
                >
                    {name}
                </button>
            ))}
        </p>
    );
}
