import type { UsageDay } from "./api";

const dayMs = 86_400_000;

/** The last thirty days (UTC), oldest first: the service leaves out those without a request. */
export function lastThirtyDays(days: UsageDay[], now: number = Date.now()): UsageDay[] {
    const known = new Map(days.map((each) => [Date.parse(each.day), each]));
    const today = Math.floor(now / dayMs) * dayMs;
    return Array.from({ length: 30 }, (_, index) => {
        const day = today - (29 - index) * dayMs;
        return known.get(day) ?? { day: new Date(day).toISOString(), requests: 0, errors: 0 };
    });
}
