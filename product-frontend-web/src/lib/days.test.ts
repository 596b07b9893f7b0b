import { describe, expect, it } from "vitest";
import { endOfDay, searchDay, startOfDay } from "./days";

describe("days", () => {
    it("take nothing from an address that is not a day", () => {
        expect(searchDay("2026-01-31")).toBe("2026-01-31");
        for (const other of ["2026-13-01", "2026-1-1", "yesterday", "", 20260131, undefined]) {
            expect(searchDay(other)).toBeUndefined();
        }
    });

    it("begin and end at this browser's midnights, also where a month ends", () => {
        expect(startOfDay("2026-01-31")).toBe(new Date(2026, 0, 31).toISOString());
        expect(endOfDay("2026-01-31")).toBe(new Date(2026, 1, 1).toISOString());
        expect(endOfDay("2026-12-31")).toBe(new Date(2027, 0, 1).toISOString());
    });
});
