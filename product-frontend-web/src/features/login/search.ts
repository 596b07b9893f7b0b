const notices = ["expired", "signed_out", "suspended", "again", "password_set"] as const;
/** `kept` is no address's: it stands where somebody signs in on top of a page. */
export type Notice = (typeof notices)[number] | "kept";

export interface LoginSearch {
    next?: string;
    notice?: Notice;
}

/** `next` is judged where it is used (safeNextPath); here it only has to be text. */
export function validateLoginSearch(search: Record<string, unknown>): LoginSearch {
    const notice = notices.find((known) => known === search.notice);
    return {
        ...(typeof search.next === "string" ? { next: search.next } : {}),
        ...(notice ? { notice } : {}),
    };
}
