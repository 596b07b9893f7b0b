import { describe, expect, it } from "vitest";
import { SubmissionKeys } from "./submission-key";

describe("SubmissionKeys", () => {
    it("keeps the key while the same content is sent again", () => {
        const keys = new SubmissionKeys();
        expect(keys.for({ title: "a" })).toEqual(keys.for({ title: "a" }));
    });

    it("makes a new key for other content", () => {
        const keys = new SubmissionKeys();
        expect(keys.for({ title: "a" })).not.toEqual(keys.for({ title: "b" }));
    });

    it("makes a new key after a success", () => {
        const keys = new SubmissionKeys();
        const first = keys.for({ title: "a" });
        keys.done();
        expect(keys.for({ title: "a" })).not.toEqual(first);
    });

    it("makes keys that the API takes", () => {
        expect(new SubmissionKeys().for({})["Idempotency-Key"]).toMatch(/^[!-~]{1,64}$/);
    });
});
