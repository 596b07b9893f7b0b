import { common } from "./language/common";
import { locale } from "./language/language";

/** Dates and counts as people read them; one formatter each, because building one is slow. */

const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const integer = new Intl.NumberFormat(locale);

const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
];

export const formatDateTime = (iso: string): string => dateTime.format(new Date(iso));
export const formatDate = (iso: string): string => date.format(new Date(iso));
export const formatCount = (count: number): string => integer.format(count);

/** in_progress → "In progress". */
export function inWords(name: string): string {
    const text = name.replaceAll("_", " ");
    return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "3 hours ago" within the last week, the date before that. */
export function formatAge(iso: string, now: number = Date.now()): string {
    const seconds = (new Date(iso).getTime() - now) / 1000;
    if (Math.abs(seconds) > 7 * 86_400) {
        return formatDate(iso);
    }
    for (const [unit, length] of units) {
        if (Math.abs(seconds) >= length) {
            return relative.format(Math.round(seconds / length), unit);
        }
    }
    return common.justNow;
}

/** 75 → "1:15". */
export function formatCountdown(seconds: number): string {
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
