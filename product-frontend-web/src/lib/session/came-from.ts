import { safeNextPath } from "./next-path";

const key = "pz.came-from";

/** The page of the console on which this tab's support session began, to return to when it ends. */
export const cameFrom = {
    remember(path: string): void {
        try {
            sessionStorage.setItem(key, path);
        } catch {
            // The way back then leads to the list of sessions.
        }
    },

    /** Forgets it, too. */
    take(): string {
        let path: string | null = null;
        try {
            path = sessionStorage.getItem(key);
            sessionStorage.removeItem(key);
        } catch {
            // As above.
        }
        return safeNextPath(path, location.origin) ?? "/support/sessions";
    },
};
