/** The demo's people (never in production). */
export interface Person {
    email: string;
    password: string;
    /** Where they arrive after signing in. */
    landing: string;
}

export const people = {
    acmeAdmin: { email: "admin@acme.example", password: "admin123", landing: "/dashboard" },
    acmeUser: { email: "user@acme.example", password: "user123", landing: "/dashboard" },
    globexAdmin: { email: "admin@globex.example", password: "admin123", landing: "/dashboard" },
    platformAdmin: { email: "platform@numbersence.com", password: "platform123", landing: "/admin/orgs" },
    supportAgent: { email: "support@numbersence.com", password: "support123", landing: "/support" },
} satisfies Record<string, Person>;

export type Who = keyof typeof people;
