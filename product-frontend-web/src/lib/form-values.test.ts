import { describe, expect, it } from "vitest";
import { fromLocalInput, onlyChanged, toLocalInput, wholeNumber } from "./form-values";

describe("wholeNumber", () => {
    it("takes integers within its range", () => {
        const rule = wholeNumber({ low: -5, high: 10 });
        expect(["-5", "0", " 10 "].map((text) => rule.safeParse(text).success)).toEqual([true, true, true]);
        expect(["-6", "11", "1.5", "1e1", "x", ""].map((text) => rule.safeParse(text).success)).not.toContain(true);
    });

    it("takes nothing only where nothing is allowed, and no number that JSON would round", () => {
        expect(wholeNumber({ optional: true }).safeParse("").success).toBe(true);
        expect(wholeNumber().safeParse("9007199254740991").success).toBe(true);
        expect(wholeNumber().safeParse("9007199254740993").success).toBe(false);
    });
});

describe("local times", () => {
    it("come back as they went in, to the second", () => {
        expect(fromLocalInput(toLocalInput("2026-01-31T12:34:56.789012Z"))).toBe("2026-01-31T12:34:56.000Z");
    });
});

describe("onlyChanged", () => {
    it("keeps what a person touched", () => {
        expect(onlyChanged({ name: "a", note: null, due_at: "x" }, { name: true, note: true })).toEqual({ name: "a", note: null });
    });
});
