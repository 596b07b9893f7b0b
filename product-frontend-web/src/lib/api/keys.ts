/** The heads of all query keys, in one place, so that a change in one feature can refresh what another one shows. */
export const queryKeys = {
    me: ["me"],
    mySessions: ["my-sessions"],
    myMfa: ["my-mfa"],
    people: ["people"],
    invitations: ["invitations"],
    apiKeys: ["api-keys"],
    integrations: ["integrations"],
    usage: ["usage"],
    items: ["items"],
    projects: ["projects"],
    org: ["org"],
    orgs: ["orgs"],
    lookup: ["lookup"],
    audit: ["audit"],
} as const;
