import { common } from "./language/common";
import { locale } from "./language/language";

/** Dates and counts as people read them; one formatter each, because building one is slow. */

const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const utcDate = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const share = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
const integer = new Intl.NumberFormat(locale);

const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
];

export const formatDateTime = (iso: string): string => dateTime.format(new Date(iso));
export const formatDate = (iso: string): string => date.format(new Date(iso));
/** A day of UTC, which west of Greenwich begins on the evening before. */
export const formatDay = (iso: string): string => utcDate.format(new Date(iso));
/** 0.25 → "25%". */
export const formatShare = (part: number): string => share.format(part);
export const formatCount = (count: number): string => integer.format(count);

const byteUnits = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** 1536 → "1.5 kB". */
export function formatBytes(bytes: number): string {
    const power = Math.min(byteUnits.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1000)));
    return new Intl.NumberFormat(locale, {
        style: "unit",
        unit: byteUnits[power] ?? "byte",
        unitDisplay: "short",
        maximumFractionDigits: power > 0 ? 1 : 0,
    }).format(bytes / 1000 ** power);
}

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
