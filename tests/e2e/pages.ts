import type { Who } from "./people";

const demoRequest = new URLSearchParams({
    response_type: "code",
    client_id: "demo-app",
    redirect_uri: "http://localhost:4000/callback",
    scope: "openid profile email api",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
}).toString();

/** The demo's organization in which all goes well. */
const acme = "0197c0de-0000-7000-8000-00000000ac3e";

export interface ConsolePage {
    path: string;
    heading: string;
    who: Who | null;
}

/** Every page of the console, with somebody who may see it: the walks, the screenshots and the gallery take them from here. */
export const pages: ConsolePage[] = [
    { path: "/login", heading: "Sign in", who: null },
    { path: "/login/forgotten", heading: "Forgotten your password?", who: null },
    { path: "/password-reset#a-proof", heading: "Set a new password", who: null },
    { path: "/password-reset", heading: "This link does not work", who: null },
    { path: "/invitation#a-proof", heading: "Accept your invitation", who: null },
    { path: "/invitation", heading: "This link does not work", who: null },
    { path: "/login/authorize?client_id=unknown", heading: "This sign-in link does not work", who: null },
    { path: `/login/authorize?${demoRequest}`, heading: "Sign in to Demo app", who: "acmeAdmin" },
    { path: "/dashboard", heading: "Dashboard", who: "acmeAdmin" },
    { path: "/items", heading: "Items", who: "acmeUser" },
    { path: "/items?q=no-such-title", heading: "Items", who: "acmeUser" },
    { path: "/projects", heading: "Projects", who: "acmeAdmin" },
    { path: "/members", heading: "Members", who: "acmeAdmin" },
    { path: "/members?q=no-such-name", heading: "Members", who: "acmeAdmin" },
    { path: "/members", heading: "Not for your role", who: "acmeUser" },
    { path: "/settings/profile", heading: "Profile", who: "acmeUser" },
    { path: "/settings/profile", heading: "Profile", who: "supportAgent" },
    { path: "/settings/security", heading: "Password and sign-in", who: "acmeAdmin" },
    { path: "/settings/sessions", heading: "Sessions", who: "acmeAdmin" },
    { path: "/settings/organization", heading: "Organization", who: "acmeAdmin" },
    { path: "/settings/organization", heading: "Organization", who: "acmeUser" },
    { path: "/settings/api-keys", heading: "API keys", who: "globexAdmin" },
    { path: "/settings/integrations", heading: "Integrations", who: "acmeAdmin" },
    { path: "/settings/integrations", heading: "Integrations", who: "acmeUser" },
    { path: "/audit", heading: "Audit log", who: "acmeAdmin" },
    { path: "/audit?action=no.such", heading: "Audit log", who: "acmeAdmin" },
    { path: "/admin/audit", heading: "Audit log", who: "platformAdmin" },
    { path: "/support/audit", heading: "Audit log", who: "supportAgent" },
    { path: "/admin/orgs", heading: "Organizations", who: "platformAdmin" },
    { path: "/admin/orgs?q=no-such-organization", heading: "Organizations", who: "platformAdmin" },
    { path: `/admin/orgs/${acme}`, heading: "Acme Robotics", who: "platformAdmin" },
    { path: `/admin/orgs/${acme}?tab=members`, heading: "Acme Robotics", who: "platformAdmin" },
    { path: `/admin/orgs/${acme}?tab=usage`, heading: "Acme Robotics", who: "platformAdmin" },
    { path: `/admin/orgs/${acme}?tab=usage&period=day`, heading: "Acme Robotics", who: "platformAdmin" },
    { path: `/admin/orgs/${acme}?tab=audit`, heading: "Acme Robotics", who: "platformAdmin" },
    { path: `/admin/orgs/${acme}?tab=settings`, heading: "Acme Robotics", who: "platformAdmin" },
    { path: "/admin/orgs/0197c0de-0000-7000-8000-000000000000", heading: "Organizations", who: "platformAdmin" },
    { path: "/admin/staff", heading: "Staff", who: "platformAdmin" },
    { path: "/admin/staff?q=no-such-name", heading: "Staff", who: "platformAdmin" },
    { path: "/admin/keys", heading: "Signing keys", who: "platformAdmin" },
    { path: "/support", heading: "Support", who: "supportAgent" },
    { path: "/support/lookup", heading: "Lookup", who: "supportAgent" },
    { path: "/support/lookup?q=a", heading: "Lookup", who: "supportAgent" },
    { path: "/support/sessions", heading: "Support sessions", who: "supportAgent" },
    { path: "/support/sessions?part=over", heading: "Support sessions", who: "platformAdmin" },
    { path: "/support/sessions/0197c0de-0000-7000-8000-000000000000", heading: "Support session", who: "supportAgent" },
    { path: "/settings/support-access", heading: "Support access", who: "globexAdmin" },
    { path: "/admin/support", heading: "Support signals", who: "platformAdmin" },
    { path: "/admin/support?days=90", heading: "Support signals", who: "platformAdmin" },
    { path: "/support", heading: "Not for your role", who: "acmeUser" },
    { path: "/no-such-page", heading: "Page not found", who: "acmeAdmin" },
];
