import {
    createRootRoute,
    createRoute,
    createRouter,
    lazyRouteComponent,
    parseSearchWith,
    redirect,
    stringifySearchWith,
} from "@tanstack/react-router";
import { type AuditSearch, validateAuditSearch } from "@/features/audit/search";
import { validateItemSearch } from "@/features/items/search";
import { LoginPage } from "@/features/login/pages/login-page";
import { validateLoginSearch } from "@/features/login/search";
import { validatePeopleSearch } from "@/features/members/search";
import { type OrgPageSearch, validateOrgPageSearch, validateOrgSearch } from "@/features/orgs/search";
import { validateProjectSearch } from "@/features/projects/search";
import { validateListSearch } from "@/features/settings/search";
import { validateLookupSearch, validateSessionsSearch, validateSignalsSearch } from "@/features/support/search";
import { maybeSignedIn, session, supportView } from "@/lib/session/browser-session";
import { landingPath, type Role } from "@/lib/session/claims";
import { safeNextPath } from "@/lib/session/next-path";
import { addressOfView, viewedSession } from "@/lib/session/view-address";
import { ErrorPage } from "./pages/error-page";

// The console's table of contents: every page, who it is for, and which area's colours it wears.
// Only the sign-in page is in the first script; the shell and each page are loaded when they are opened.

export type Area = "tenant" | "admin" | "support";

declare module "@tanstack/react-router" {
    interface StaticDataRouteOption {
        /** The roles this page is for; the services enforce the same on every request. */
        roles?: readonly Role[];
        area?: Area;
        /** A support session may see it; what does not say so is beyond its ceiling. */
        insideSession?: true;
    }
    interface Register {
        router: typeof router;
    }
}

const tenantRoles = ["admin", "standard"] as const;
const adminRoles = ["admin"] as const;
const platformRoles = ["platform_admin"] as const;
const supportRoles = ["support_agent", "platform_admin"] as const;

const rootRoute = createRootRoute({
    beforeLoad: ({ matches }) => {
        // Below the address of a support session there is nobody to sign in.
        const page = matches[1]?.routeId;
        if (supportView && page !== "/shell" && page !== "/") {
            throw redirect({ to: "/", replace: true });
        }
    },
    errorComponent: ErrorPage,
});

const indexRoute = createRoute({
    getParentRoute: () => rootRoute,
    path: "/",
    beforeLoad: async () => {
        const identity = await session.restore();
        throw redirect({ to: identity ? landingPath(identity.role) : "/login", replace: true });
    },
});

const loginRoute = createRoute({
    getParentRoute: () => rootRoute,
    path: "/login",
    validateSearch: validateLoginSearch,
    beforeLoad: async ({ search }) => {
        const identity = session.identity() ?? (maybeSignedIn() ? await session.restore().catch(() => null) : null);
        if (identity) {
            const next = safeNextPath(search.next, location.origin);
            throw redirect({ href: next ?? landingPath(identity.role), replace: true });
        }
    },
    component: LoginPage,
});

const forgottenRoute = createRoute({
    getParentRoute: () => rootRoute,
    path: "/login/forgotten",
    component: lazyRouteComponent(() => import("@/features/login/pages/forgotten-page"), "ForgottenPage"),
});

// Where the links of identity-service's letters lead (identity-service/src/mail/letters.cpp).
const passwordResetRoute = createRoute({
    getParentRoute: () => rootRoute,
    path: "/password-reset",
    component: lazyRouteComponent(() => import("@/features/login/pages/password-reset-page"), "PasswordResetPage"),
});

const invitationRoute = createRoute({
    getParentRoute: () => rootRoute,
    path: "/invitation",
    component: lazyRouteComponent(() => import("@/features/login/pages/invitation-page"), "InvitationPage"),
});

// Another program's request to sign somebody in, as GET /authorize hands it on.
const loadAuthorizePage = () => import("@/features/authorize/pages/authorize-page");
const authorizeRoute = createRoute({
    getParentRoute: () => rootRoute,
    path: "/login/authorize",
    loader: async ({ location: at }) => {
        const { loadAuthorization } = await import("@/features/authorize/api");
        return loadAuthorization(at.searchStr, at.href);
    },
    staleTime: Infinity,
    component: lazyRouteComponent(loadAuthorizePage, "AuthorizePage"),
    pendingComponent: lazyRouteComponent(loadAuthorizePage, "AuthorizePending"),
    errorComponent: lazyRouteComponent(loadAuthorizePage, "AuthorizeFailure"),
});

const loadShell = () => import("./shell/shell");
const shellRoute = createRoute({
    getParentRoute: () => rootRoute,
    id: "shell",
    beforeLoad: async ({ location: at }) => {
        void loadShell();
        const identity = await session.restore();
        if (!identity) {
            throw redirect({ to: "/login", search: { next: at.href }, replace: true });
        }
    },
    component: lazyRouteComponent(loadShell, "Shell"),
});

const dashboardRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/dashboard",
    staticData: { roles: tenantRoles, area: "tenant", insideSession: true },
    component: lazyRouteComponent(() => import("@/features/dashboard/pages/dashboard-page"), "DashboardPage"),
});

const itemsRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/items",
    staticData: { roles: tenantRoles, area: "tenant", insideSession: true },
    validateSearch: validateItemSearch,
    component: lazyRouteComponent(() => import("@/features/items/pages/items-page"), "ItemsPage"),
});

const projectsRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/projects",
    staticData: { roles: tenantRoles, area: "tenant", insideSession: true },
    validateSearch: validateProjectSearch,
    component: lazyRouteComponent(() => import("@/features/projects/pages/projects-page"), "ProjectsPage"),
});

const membersRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/members",
    staticData: { roles: adminRoles, area: "tenant" },
    validateSearch: (search) => validatePeopleSearch("org", search),
    component: lazyRouteComponent(() => import("@/features/members/pages/members-page"), "MembersPage"),
});

// The settings of the person are everybody's, whatever the area; those of the organization are its people's.
const settingsRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/settings",
    beforeLoad: () => {
        throw redirect({ to: "/settings/profile", replace: true });
    },
});

const profileRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/settings/profile",
    component: lazyRouteComponent(() => import("@/features/settings/pages/profile-page"), "ProfilePage"),
});

const securityRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/settings/security",
    component: lazyRouteComponent(() => import("@/features/settings/pages/security-page"), "SecurityPage"),
});

const sessionsRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/settings/sessions",
    component: lazyRouteComponent(() => import("@/features/settings/pages/sessions-page"), "SessionsPage"),
});

const organizationRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/settings/organization",
    staticData: { roles: tenantRoles, area: "tenant", insideSession: true },
    component: lazyRouteComponent(() => import("@/features/settings/pages/organization-page"), "OrganizationPage"),
});

const supportAccessRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/settings/support-access",
    staticData: { roles: adminRoles, area: "tenant" },
    validateSearch: validateListSearch,
    component: lazyRouteComponent(() => import("@/features/settings/pages/support-access-page"), "SupportAccessPage"),
});

const apiKeysRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/settings/api-keys",
    staticData: { roles: adminRoles, area: "tenant" },
    validateSearch: validateListSearch,
    component: lazyRouteComponent(() => import("@/features/settings/pages/api-keys-page"), "ApiKeysPage"),
});

const integrationsRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/settings/integrations",
    staticData: { roles: tenantRoles, area: "tenant", insideSession: true },
    validateSearch: validateListSearch,
    component: lazyRouteComponent(() => import("@/features/settings/pages/integrations-page"), "IntegrationsPage"),
});

const auditRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/audit",
    staticData: { roles: adminRoles, area: "tenant" },
    validateSearch: validateAuditSearch,
    component: lazyRouteComponent(() => import("@/features/audit/pages/org-audit-page"), "OrgAuditPage"),
});

const orgsRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/admin/orgs",
    staticData: { roles: platformRoles, area: "admin" },
    validateSearch: validateOrgSearch,
    component: lazyRouteComponent(() => import("@/features/orgs/pages/orgs-page"), "OrgsPage"),
});

const orgRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/admin/orgs/$id",
    staticData: { roles: platformRoles, area: "admin" },
    validateSearch: (search): OrgPageSearch & AuditSearch => {
        const page = validateOrgPageSearch(search);
        return page.tab === "audit" ? { ...page, ...validateAuditSearch(search) } : page;
    },
    component: lazyRouteComponent(() => import("./pages/org-route"), "OrgRoute"),
});

const staffRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/admin/staff",
    staticData: { roles: platformRoles, area: "admin" },
    validateSearch: (search) => validatePeopleSearch("staff", search),
    component: lazyRouteComponent(() => import("@/features/members/pages/staff-page"), "StaffPage"),
});

const keysRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/admin/keys",
    staticData: { roles: platformRoles, area: "admin" },
    component: lazyRouteComponent(() => import("@/features/keys/pages/keys-page"), "KeysPage"),
});

const adminAuditRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/admin/audit",
    staticData: { roles: platformRoles, area: "admin" },
    validateSearch: validateAuditSearch,
    component: lazyRouteComponent(() => import("@/features/audit/pages/admin-audit-page"), "AdminAuditPage"),
});

const signalsRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/admin/support",
    staticData: { roles: platformRoles, area: "admin" },
    validateSearch: validateSignalsSearch,
    component: lazyRouteComponent(() => import("@/features/support/pages/signals-page"), "SignalsPage"),
});

const supportRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/support",
    staticData: { roles: supportRoles, area: "support" },
    component: lazyRouteComponent(() => import("@/features/support/pages/support-page"), "SupportPage"),
});

const lookupRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/support/lookup",
    staticData: { roles: supportRoles, area: "support" },
    validateSearch: validateLookupSearch,
    component: lazyRouteComponent(() => import("@/features/support/pages/lookup-page"), "LookupPage"),
});

const supportSessionsRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/support/sessions",
    staticData: { roles: supportRoles, area: "support" },
    validateSearch: validateSessionsSearch,
    component: lazyRouteComponent(() => import("@/features/support/pages/sessions-page"), "SessionsPage"),
});

const supportSessionRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/support/sessions/$id",
    staticData: { roles: supportRoles, area: "support" },
    component: lazyRouteComponent(() => import("@/features/support/pages/session-page"), "SessionPage"),
});

const supportAuditRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/support/audit",
    staticData: { roles: supportRoles, area: "support" },
    validateSearch: validateAuditSearch,
    component: lazyRouteComponent(() => import("@/features/audit/pages/support-audit-page"), "SupportAuditPage"),
});

const notFoundRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "$",
    staticData: { insideSession: true },
    component: lazyRouteComponent(() => import("./pages/not-found-page"), "NotFoundPage"),
});

/** Below its address, the same pages are those of a support session. */
const viewed = viewedSession(location.pathname);

export const router = createRouter({
    ...(viewed === null ? {} : { basepath: addressOfView(viewed) }),
    routeTree: rootRoute.addChildren([
        indexRoute,
        loginRoute,
        forgottenRoute,
        passwordResetRoute,
        invitationRoute,
        authorizeRoute,
        shellRoute.addChildren([
            dashboardRoute,
            itemsRoute,
            projectsRoute,
            membersRoute,
            settingsRoute,
            profileRoute,
            securityRoute,
            sessionsRoute,
            organizationRoute,
            supportAccessRoute,
            apiKeysRoute,
            integrationsRoute,
            auditRoute,
            orgsRoute,
            orgRoute,
            staffRoute,
            keysRoute,
            adminAuditRoute,
            signalsRoute,
            supportRoute,
            lookupRoute,
            supportSessionsRoute,
            supportSessionRoute,
            supportAuditRoute,
            notFoundRoute,
        ]),
    ]),
    // Values are text: read as JSON, another program's state=1e3 would come back as 1000.
    parseSearch: parseSearchWith((value) => value),
    stringifySearch: stringifySearchWith(String),
    defaultPreload: "intent",
    defaultErrorComponent: ErrorPage,
});
