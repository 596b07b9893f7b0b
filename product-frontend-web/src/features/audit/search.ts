import { endOfDay, searchDay, startOfDay } from "@/lib/days";
import { searchText } from "@/lib/search-params";

export const outcomes = ["success", "refused", "failure"] as const;
export type Outcome = (typeof outcomes)[number];

/** What narrows the list. Every cell of it can become one of these. */
export interface AuditFilter {
    action?: string;
    actor?: string;
    target?: string;
    outcome?: Outcome;
    impersonation?: string;
    /** Days in this browser's time zone: from the beginning of the one to the end of the other. */
    from?: string;
    to?: string;
}

/** The state of an audit log's page that its address carries; `event` is the one that is looked at. */
export interface AuditSearch extends AuditFilter {
    cursor?: string;
    event?: string;
}

function id(value: unknown): string | undefined {
    const text = searchText(value, 36);
    return text && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text : undefined;
}

export function validateAuditSearch(search: Record<string, unknown>): AuditSearch {
    const known: { [Name in keyof AuditSearch]: AuditSearch[Name] | undefined } = {
        action: searchText(search.action, 100),
        actor: id(search.actor),
        target: searchText(search.target, 200),
        outcome: outcomes.find((outcome) => outcome === search.outcome),
        impersonation: id(search.impersonation),
        from: searchDay(search.from),
        to: searchDay(search.to),
        cursor: searchText(search.cursor, 2000),
        event: id(search.event),
    };
    return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as AuditSearch;
}

/** The filter as the services take it: days become instants, the last one included. */
export function asQuery({ from, to, ...others }: AuditFilter): Omit<AuditFilter, "from" | "to"> & { from?: string; to?: string } {
    return { ...others, ...(from ? { from: startOfDay(from) } : {}), ...(to ? { to: endOfDay(to) } : {}) };
}
