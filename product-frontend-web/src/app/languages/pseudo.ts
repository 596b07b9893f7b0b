import { cloneElement, isValidElement, type ReactNode } from "react";

const accents = new Map([..."aceinouyACEINOUY"].map((letter, at) => [letter, [..."åçéîñöüýÅÇÉÎÑÖÜÝ"][at] ?? letter]));

/** "Save" → "⟦Såvé~~⟧": readable, a third longer, and marked at both ends, so that a cut or a joint shows. */
export function pseudoText(text: string): string {
    if (text.trim() === "") {
        return text;
    }
    const accented = [...text].map((letter) => accents.get(letter) ?? letter).join("");
    // In pieces, as no language makes one word of a paragraph's third.
    const padding = "~".repeat(Math.ceil(text.length / 3)).replace(/~{8}(?=~)/g, "$& ");
    return `⟦${accented}${padding}⟧`;
}

/** What a message says, whether it is a text or has elements in it (those bring words of their own). */
function pseudoMessage(message: unknown): unknown {
    if (typeof message === "string") {
        return pseudoText(message);
    }
    if (isValidElement<{ children?: ReactNode[] }>(message)) {
        const parts = message.props.children ?? [];
        return cloneElement(message, {}, ...parts.map((part) => (typeof part === "string" ? pseudoText(part) : part)));
    }
    return message;
}

function pseudoEntry(entry: unknown): unknown {
    if (typeof entry === "function") {
        return (...values: unknown[]) => pseudoMessage((entry as (...values: unknown[]) => unknown)(...values));
    }
    if (Array.isArray(entry)) {
        return entry.map(pseudoEntry);
    }
    return typeof entry === "object" && entry !== null && !isValidElement(entry) ? pseudoTable(entry) : pseudoMessage(entry);
}

/** A table whose every message is pseudo; messages with values keep taking them. */
export function pseudoTable(table: object): object {
    return Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, pseudoEntry(entry)]));
}
