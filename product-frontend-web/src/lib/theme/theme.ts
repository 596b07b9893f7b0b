import { useSyncExternalStore } from "react";

/** Light, dark or as the system says. public/theme.js applies the same rule before the first paint. */
export type ThemeChoice = "light" | "dark" | "system";

const key = "pz.theme";
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function storedChoice(): ThemeChoice {
    try {
        const value = localStorage.getItem(key);
        return value === "light" || value === "dark" ? value : "system";
    } catch {
        return "system";
    }
}

let choice = storedChoice();

function apply(): void {
    const dark = choice === "dark" || (choice === "system" && systemDark.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    for (const listener of listeners) {
        listener();
    }
}

export function chooseTheme(next: ThemeChoice): void {
    choice = next;
    try {
        if (next === "system") {
            localStorage.removeItem(key);
        } else {
            localStorage.setItem(key, next);
        }
    } catch {
        // The choice then lasts as long as the page.
    }
    apply();
}

systemDark.addEventListener("change", apply);

export function useThemeChoice(): ThemeChoice {
    return useSyncExternalStore(
        (listener) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
        () => choice,
    );
}
