import { describe, expect, it } from "vitest";
import { slugFrom } from "./slug";

describe("slugFrom", () => {
    it("makes what the service takes", () => {
        expect(slugFrom("Acme Robotics, Inc.")).toBe("acme-robotics-inc");
        expect(slugFrom("Müller & Söhne Straßenbau")).toBe("muller-sohne-strassenbau");
        expect(slugFrom("東京")).toBe("");
        expect(slugFrom(`${"a".repeat(62)} b`)).toBe("a".repeat(62));
    });
});
