import { describe, expect, it } from "vitest";
import { lastThirtyDays } from "./last-days";

describe("lastThirtyDays", () => {
    const now = Date.parse("2026-03-01T23:59:59Z");

    it("ends today, begins 29 days before, and has nothing where nothing is known", () => {
        const days = lastThirtyDays([], now);
        expect(days).toHaveLength(30);
        expect(days[0]).toEqual({ day: "2026-01-31T00:00:00.000Z", requests: 0, errors: 0 });
        expect(days.at(-1)?.day).toBe("2026-03-01T00:00:00.000Z");
    });

    it("puts each known day in its place, and drops what is older", () => {
        const known = [
            { day: "2025-12-24T00:00:00Z", requests: 9, errors: 9 },
            { day: "2026-02-28T00:00:00.000000Z", requests: 7, errors: 1 },
        ];
        const days = lastThirtyDays(known, now);
        expect(days.filter(({ requests }) => requests > 0)).toEqual([known[1]]);
        expect(days.at(-2)?.requests).toBe(7);
    });
});
