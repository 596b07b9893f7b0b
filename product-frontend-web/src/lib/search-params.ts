/** A text from the address bar, no longer than it can sensibly be. The router reads digits as a number. */
export function searchText(value: unknown, limit: number): string | undefined {
    const isText = typeof value === "string" || typeof value === "number";
    return isText && value !== "" ? String(value).slice(0, limit) : undefined;
}
