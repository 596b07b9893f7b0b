import { describe, expect, it } from "vitest";
import { validateItemSearch } from "./search";

describe("validateItemSearch", () => {
    it("keeps what the page understands and drops the rest", () => {
        expect(validateItemSearch({ q: "a", status: "open", sort: "title", cursor: "c", project: "p", other: 1 })).toEqual({
            q: "a",
            status: "open",
            sort: "title",
            cursor: "c",
            project: "p",
        });
        expect(validateItemSearch({ q: "", status: "lost", sort: "newest", cursor: null })).toEqual({});
    });

    it("reads digits, which arrive as a number, and bounds long text", () => {
        expect(validateItemSearch({ q: 4711 })).toEqual({ q: "4711" });
        expect(validateItemSearch({ q: "a".repeat(200) }).q).toHaveLength(100);
    });
});
