import { searchText } from "@/lib/search-params";

export interface LookupSearch {
    q?: string;
}

export function validateLookupSearch(search: Record<string, unknown>): LookupSearch {
    const q = searchText(search.q, 100);
    return q ? { q } : {};
}

export const sessionParts = ["open", "over"] as const;
export type SessionPart = (typeof sessionParts)[number];

/** Which sessions the list shows; those that are open without a word. */
export interface SessionsSearch {
    part?: SessionPart;
    cursor?: string;
}

export function validateSessionsSearch(search: Record<string, unknown>): SessionsSearch {
    const part = sessionParts.find((known) => known === search.part && known !== "open");
    const cursor = searchText(search.cursor, 2000);
    return { ...(part ? { part } : {}), ...(cursor ? { cursor } : {}) };
}

export const signalDays = [7, 30, 90] as const;

export interface SignalsSearch {
    days?: (typeof signalDays)[number];
}

export function validateSignalsSearch(search: Record<string, unknown>): SignalsSearch {
    const days = signalDays.find((known) => known === Number(search.days) && known !== 7);
    return days ? { days } : {};
}
