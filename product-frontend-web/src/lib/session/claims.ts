/** The access token's claims, for display only: the services decide what is allowed. */

export const roles = ["admin", "standard", "platform_admin", "support_agent"] as const;
export type Role = (typeof roles)[number];

export interface Identity {
    personId: string;
    tenantId: string;
    role: Role;
}

/** Where a person begins. */
export function landingPath(role: Role): "/admin/orgs" | "/support" | "/dashboard" {
    switch (role) {
        case "platform_admin":
            return "/admin/orgs";
        case "support_agent":
            return "/support";
        default:
            return "/dashboard";
    }
}

/** Reads the payload of a JWT without judging its signature; throws when it is not one of ours. */
export function readIdentity(accessToken: string): Identity {
    const payload = accessToken.split(".")[1] ?? "";
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const { sub, tenant_id: tenantId, role } = claims;
    if (typeof sub !== "string" || typeof tenantId !== "string" || !roles.includes(role as Role)) {
        throw new Error("The access token lacks sub, tenant_id or a known role.");
    }
    return { personId: sub, tenantId, role: role as Role };
}
