import { describe, expect, it } from "vitest";
import { toCsv } from "./csv";

describe("toCsv", () => {
    it("quotes what would break a row, and only that", () => {
        expect(toCsv([["a", 'say "b"', "c,d", "e\nf"]])).toBe('\u{feff}a,"say ""b""","c,d","e\nf"\r\n');
    });

    it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])("makes no formula of %j", (text) => {
        expect(toCsv([[text]])).toContain(`'${text}`);
    });
});
