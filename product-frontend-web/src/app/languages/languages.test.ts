import { isValidElement, type ReactNode } from "react";
import { describe, expect, it } from "vitest";
import { pickLanguage, pickLocale } from "@/lib/language/language";
import { rich } from "@/lib/language/rich";
import { german } from "./german";
import { pseudoTable, pseudoText } from "./pseudo";

const english = import.meta.glob<Record<string, unknown>>(["/src/{app,components/*,features/*}/words.ts", "/src/lib/language/common.ts"], {
    eager: true,
});

/** What a message says, elements included. */
function textOf(message: unknown): string {
    if (isValidElement<{ children?: ReactNode[] }>(message)) {
        return (message.props.children ?? []).map(textOf).join("");
    }
    return typeof message === "string" ? message : "";
}

/** Every message of a table by its path; messages with values in them are given ‹0›, ‹1› and so on. */
function messages(table: object, path = ""): Map<string, { values: number; text: string }> {
    return new Map(
        Object.entries(table).flatMap(([name, entry]: [string, unknown]) => {
            const here = `${path}${name}`;
            if (typeof entry === "function") {
                const values = Array.from({ length: entry.length }, (_, at) => `‹${at}›`);
                return [[here, { values: entry.length, text: textOf((entry as (...all: string[]) => unknown)(...values)) }] as const];
            }
            if (typeof entry === "object" && entry !== null && !isValidElement(entry)) {
                return [...messages(entry, `${here}.`)];
            }
            return [[here, { values: 0, text: textOf(entry) }] as const];
        }),
    );
}

const tables = Object.entries(english).map(([file, module]) => {
    const name = /(?:features|components)\/([^/]+)\//.exec(file)?.[1] ?? (file.includes("common") ? "common" : "shell");
    return { name, table: (module.words ?? module.common) as object };
});

describe("pickLanguage", () => {
    it("takes the stored choice, then the browser's first language that there is, then English", () => {
        expect(pickLanguage("de", ["en-GB"])).toBe("de");
        expect(pickLanguage(null, ["fr-CA", "de-AT", "en"])).toBe("de");
        expect(pickLanguage("xx", ["fr"])).toBe("en");
        expect(pickLanguage("toString", [])).toBe("en");
    });
});

describe("pickLocale", () => {
    it("keeps the region of the browser, so that dates look as people are used to", () => {
        expect(pickLocale("en", ["de-DE", "en-GB", "en-US"])).toBe("en-GB");
        expect(pickLocale("de", ["en-US"])).toBe("de");
    });
});

describe("the German tables", () => {
    it("are there for every table, and no other", () => {
        expect(Object.keys(german).toSorted()).toEqual(tables.map(({ name }) => name).toSorted());
    });

    for (const { name, table } of tables) {
        it(`say every message of ${name}, with every value that the English one shows`, () => {
            const translated = messages(german[name as keyof typeof german]);
            for (const [path, { values, text }] of messages(table)) {
                const other = translated.get(path)?.text ?? "";
                expect(other, path).not.toBe("");
                for (let at = 0; at < values; ++at) {
                    const shown = (words: string) => words.includes(`‹${at}›`);
                    expect([path, at, shown(other)]).toEqual([path, at, shown(text)]);
                }
            }
        });
    }
});

describe("the pseudo language", () => {
    it("marks and lengthens what is said, and still takes values", () => {
        const table = pseudoTable({ save: "Save", of: (name: string) => `Name of ${name}`, deep: { yes: "Yes" } }) as {
            save: string;
            of(name: string): string;
            deep: { yes: string };
        };
        expect(table.save).toBe("⟦Såvé~~⟧");
        expect(table.of("x")).toContain("x");
        expect(table.deep.yes).toBe(pseudoText("Yes"));
    });

    it("leaves the elements of a message as they are", () => {
        const table = pseudoTable({ by: (who: ReactNode) => rich`By ${who}.` }) as { by(who: ReactNode): ReactNode };
        expect(textOf(table.by("Ada"))).toContain("Bý");
    });
});
