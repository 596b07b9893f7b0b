import type { OrgState } from "./search";

/** What an organization's state can be changed to, and how much has to be said for it. */
export const steps = {
    reactivate: { from: ["trial", "read_only", "suspended"], takesAway: false, typedSlug: false },
    "read-only": { from: ["trial", "active"], takesAway: true, typedSlug: false },
    suspend: { from: ["trial", "active", "read_only"], takesAway: true, typedSlug: true },
    "schedule-deletion": { from: ["trial", "active", "read_only", "suspended"], takesAway: true, typedSlug: true },
    "undo-deletion": { from: ["deletion_scheduled"], takesAway: false, typedSlug: false },
} as const satisfies Record<string, { from: readonly OrgState[]; takesAway: boolean; typedSlug: boolean }>;

export type Step = keyof typeof steps;

/** The platform's own organization: its state never changes. */
export const platformId = "00000000-0000-0000-0000-000000000000";

/** Nobody has accepted to administer it. The platform's own organization has staff instead. */
export function lacksAdmin({ id, state, admins }: { id: string; state: OrgState; admins: number }): boolean {
    return admins === 0 && id !== platformId && state !== "deleting" && state !== "deleted";
}

/** The steps that lead on from here; the service has the last word (409 wrong_state). */
export function stepsFrom({ id, state }: { id: string; state: OrgState }): Step[] {
    if (id === platformId) {
        return [];
    }
    return (Object.keys(steps) as Step[]).filter((step) => (steps[step].from as readonly OrgState[]).includes(state));
}
