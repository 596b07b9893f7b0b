import { describe, expect, it } from "vitest";
import type { OrgState } from "./search";
import { stepsFrom } from "./steps";

const from = (state: OrgState) => stepsFrom({ id: "0197c0de-0000-7000-8000-00000000ac3e", state });

describe("stepsFrom", () => {
    it("offers what docs/organizations.md says leads on", () => {
        expect(from("active")).toEqual(["read-only", "suspend", "schedule-deletion"]);
        expect(from("suspended")).toEqual(["reactivate", "schedule-deletion"]);
        expect(from("deletion_scheduled")).toEqual(["undo-deletion"]);
        expect(from("deleted")).toEqual([]);
    });

    it("offers nothing for the platform's own organization", () => {
        expect(stepsFrom({ id: "00000000-0000-0000-0000-000000000000", state: "active" })).toEqual([]);
    });
});
