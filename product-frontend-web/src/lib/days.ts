import { searchText } from "./search-params";

/** Days as addresses and date fields have them, 2026-01-31, meant in this browser's time zone. */

/** From an address; nothing that is not a day. */
export function searchDay(value: unknown): string | undefined {
    const text = searchText(value, 10);
    return text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

export const startOfDay = (day: string): string => new Date(`${day}T00:00:00`).toISOString();

/** The instant that is not the day's any more. */
export function endOfDay(day: string): string {
    const next = new Date(`${day}T00:00:00`);
    next.setDate(next.getDate() + 1);
    return next.toISOString();
}
