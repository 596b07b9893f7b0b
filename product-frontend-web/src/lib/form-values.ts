/** Forms hold texts; these carry the other kinds of values in and out of them. */
import { z } from "zod";
import { common } from "./language/common";

interface WholeNumberRules {
    optional?: boolean;
    low?: number;
    high?: number;
}

/** The text of an integer that JSON keeps exactly. */
export function wholeNumber({ optional = false, low = Number.MIN_SAFE_INTEGER, high = Number.MAX_SAFE_INTEGER }: WholeNumberRules = {}) {
    return z
        .string()
        .trim()
        .refine((text) => (optional && text === "") || /^-?\d{1,16}$/.test(text), common.wholeNumber)
        .refine((text) => text === "" || (Number(text) >= low && Number(text) <= high), common.between(low, high));
}

/** An instant as an <input type="datetime-local"> shows it: this browser's time zone, to the second. */
export function toLocalInput(iso: string): string {
    const at = new Date(iso);
    const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
    return local.toISOString().slice(0, 19);
}

export function fromLocalInput(text: string): string {
    return new Date(text).toISOString();
}

/** The members that a person touched: what an input shows may be rounded, so the others are not sent back. */
export function onlyChanged<Body extends object>(body: Body, dirtyFields: Partial<Record<keyof Body, unknown>>): Partial<Body> {
    return Object.fromEntries(Object.entries(body).filter(([name]) => dirtyFields[name as keyof Body])) as Partial<Body>;
}
