import { describe, expect, it } from "vitest";
import { asQuery, validateAuditSearch } from "./search";

describe("validateAuditSearch", () => {
    it("keeps what the page understands and drops what the service would refuse", () => {
        const actor = "0197c0de-0000-7000-8000-00000000ac3e";
        expect(validateAuditSearch({ action: "item.created", actor, outcome: "refused", from: "2026-01-31" })).toEqual({
            action: "item.created",
            actor,
            outcome: "refused",
            from: "2026-01-31",
        });
        expect(validateAuditSearch({ actor: "me", outcome: "odd", from: "yesterday", to: "2026-99-99", event: 7 })).toEqual({});
    });
});

describe("asQuery", () => {
    it("takes both days in whole", () => {
        const { from = "", to = "" } = asQuery({ from: "2026-01-31", to: "2026-01-31" });
        expect(Date.parse(to) - Date.parse(from)).toBe(86_400_000);
        expect(asQuery({ action: "item.created" })).toEqual({ action: "item.created" });
    });
});
