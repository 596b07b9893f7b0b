import {
    createRootRoute,
    createRoute,
    createRouter,
    lazyRouteComponent,
    parseSearchWith,
    redirect,
    stringifySearchWith,
} from "@tanstack/react-router";
import { validateItemSearch } from "@/features/items/search";
import { LoginPage } from "@/features/login/pages/login-page";
import { validateLoginSearch } from "@/features/login/search";
import { validateOrgSearch } from "@/features/orgs/search";
import { validateLookupSearch } from "@/features/support/search";
import { maybeSignedIn, session } from "@/lib/session/browser-session";
import { landingPath, type Role } from "@/lib/session/claims";
import { safeNextPath } from "@/lib/session/next-path";
import { ErrorPage } from "./pages/error-page";

// The console's table of contents: every page, who it is for, and which area's colours it wears.
// Only the sign-in page is in the first script; the shell and each page are loaded when they are opened.

export type Area = "tenant" | "admin" | "support";

declare module "@tanstack/react-router" {
    interface StaticDataRouteOption {
        /** The roles this page is for; the services enforce the same on every request. */
        roles?: readonly Role[];
        area?: Area;
    }
    interface Register {
        router: typeof router;
    }
}

const tenantRoles = ["admin", "standard"] as const;
const platformRoles = ["platform_admin"] as const;
const supportRoles = ["support_agent", "platform_admin"] as const;

const rootRoute = createRootRoute({ errorComponent: ErrorPage });

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
    staticData: { roles: tenantRoles, area: "tenant" },
    component: lazyRouteComponent(() => import("@/features/dashboard/pages/dashboard-page"), "DashboardPage"),
});

const itemsRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/items",
    staticData: { roles: tenantRoles, area: "tenant" },
    validateSearch: validateItemSearch,
    component: lazyRouteComponent(() => import("@/features/items/pages/items-page"), "ItemsPage"),
});

const projectsRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/projects",
    staticData: { roles: tenantRoles, area: "tenant" },
    component: lazyRouteComponent(() => import("@/features/projects/pages/projects-page"), "ProjectsPage"),
});

const orgsRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "/admin/orgs",
    staticData: { roles: platformRoles, area: "admin" },
    validateSearch: validateOrgSearch,
    component: lazyRouteComponent(() => import("@/features/orgs/pages/orgs-page"), "OrgsPage"),
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

const notFoundRoute = createRoute({
    getParentRoute: () => shellRoute,
    path: "$",
    component: lazyRouteComponent(() => import("./pages/not-found-page"), "NotFoundPage"),
});

export const router = createRouter({
    routeTree: rootRoute.addChildren([
        indexRoute,
        loginRoute,
        authorizeRoute,
        shellRoute.addChildren([
            dashboardRoute,
            itemsRoute,
            projectsRoute,
            orgsRoute,
            supportRoute,
            lookupRoute,
            notFoundRoute,
        ]),
    ]),
    // Values are text: read as JSON, another program's state=1e3 would come back as 1000.
    parseSearch: parseSearchWith((value) => value),
    stringifySearch: stringifySearchWith(String),
    defaultPreload: "intent",
    defaultErrorComponent: ErrorPage,
});
