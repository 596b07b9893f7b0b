/** The heads of all query keys, in one place, so that a change in one feature can refresh what another one shows. */
export const queryKeys = {
    items: ["items"],
    projects: ["projects"],
    org: ["org"],
    orgs: ["orgs"],
    lookup: ["lookup"],
} as const;
