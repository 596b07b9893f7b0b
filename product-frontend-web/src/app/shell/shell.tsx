import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Outlet, useMatches, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useDeferredValue, useEffect, useState, useSyncExternalStore } from "react";
import { Toaster } from "@/components/ui/toasts";
import { asProblem } from "@/lib/api/problem";
import { ownSession, session, supportView } from "@/lib/session/browser-session";
import type { Role } from "@/lib/session/claims";
import { CeilingPage } from "../pages/ceiling-page";
import { ForbiddenPage } from "../pages/forbidden-page";
import type { Area } from "../router";
import { words } from "../words";
import { destinationsOf } from "./destinations";
import { OfflineBanner } from "./offline-banner";
import { useShortcuts } from "./shortcuts";
import { Sidebar } from "./sidebar";
import { TopBar } from "./top-bar";

const CommandPalette = lazy(() => import("./command-palette"));
const SupportNotice = lazy(() => import("./support-notice"));
const SignInOver = lazy(() => import("./sign-in-over"));
const ShortcutSheet = lazy(() => import("./shortcut-sheet"));

const queryClient = new QueryClient({
    defaultOptions: {
        queries: {
            staleTime: 30_000,
            // A refusal stays a refusal, and 429 says when to come back; only a stumble is worth two more tries.
            retry: (failures, error) => {
                const problem = asProblem(error);
                return problem.temporary && problem.status !== 429 && failures < 2;
            },
        },
    },
});

/** The colours of pages that belong to no area. */
const homeAreas: Record<Role, Area> = {
    admin: "tenant",
    standard: "tenant",
    platform_admin: "admin",
    support_agent: "support",
};

/** After each navigation: the new page's heading (or the control it names) has the focus, and the page starts at its top. */
function usePageFocus() {
    const router = useRouter();
    useEffect(
        () =>
            router.subscribe("onRendered", ({ pathChanged, fromLocation }) => {
                if (!pathChanged || !fromLocation) {
                    return;
                }
                const target =
                    document.querySelector<HTMLElement>("[data-page-focus]") ??
                    document.querySelector<HTMLElement>("main h1");
                target?.focus({ preventScroll: true });
                window.scrollTo(0, 0);
            }),
        [router],
    );
}

export function Shell() {
    const identity = session.identity();
    const isWaiting = useSyncExternalStore(ownSession.subscribe, ownSession.isWaiting);
    const { roles, area: pageArea, insideSession } = useMatches({ select: (matches) => matches.at(-1)?.staticData ?? {} });
    const isBeyond = supportView !== null && !insideSession;
    const allowed = !isBeyond && (!roles || (identity !== null && roles.includes(identity.role)));
    const area = (allowed && pageArea) || (identity ? homeAreas[identity.role] : "tenant");
    const [opened, setOpened] = useState<"palette" | "sheet" | null>(null);
    // The frame is drawn first, and then what it holds, in slices: all of it at once would keep a phone busy for too long.
    const isDrawn = useDeferredValue(true, false);
    usePageFocus();
    useShortcuts({
        destinations: identity ? destinationsOf(identity.role) : [],
        onPalette: () => setOpened("palette"),
        onSheet: () => setOpened("sheet"),
    });

    // On <html>, because dialogs and menus are rendered beside #root and wear the area's colours too.
    useEffect(() => {
        document.documentElement.dataset.area = area;
        return () => {
            delete document.documentElement.dataset.area;
        };
    }, [area]);

    if (!identity) {
        return null; // Signed out a moment ago; the sign-in page is on its way.
    }
    const places = destinationsOf(identity.role);
    return (
        <CSPProvider disableStyleElements>
            <QueryClientProvider client={queryClient}>
                <a
                    href="#main"
                    className="fixed top-[calc(var(--banner)+0.5rem)] left-2 z-60 -translate-y-32 rounded-lg bg-accent px-4 py-2 font-medium text-accent-ink transition-transform focus:translate-y-0"
                    onClick={(event) => {
                        event.preventDefault();
                        document.getElementById("main")?.focus();
                    }}
                >
                    {words.skipToContent}
                </a>
                <div className="flex min-h-dvh">
                    <Sidebar role={identity.role} isDrawn={isDrawn} />
                    <div className="flex min-w-0 flex-1 flex-col">
                        <TopBar role={identity.role} area={area} onPalette={() => setOpened("palette")} />
                        <OfflineBanner />
                        <Suspense>{identity.role === "admin" && <SupportNotice />}</Suspense>
                        <main id="main" tabIndex={-1} className="mx-auto w-full max-w-6xl flex-1 px-4 py-6 outline-none sm:px-6 lg:px-8 lg:py-8">
                            {!isDrawn ? null : allowed ? <Outlet /> : isBeyond ? <CeilingPage /> : <ForbiddenPage needed={roles ?? []} role={identity.role} />}
                        </main>
                    </div>
                </div>
                <Suspense>
                    {opened === "palette" && (
                        <CommandPalette
                            role={identity.role}
                            destinations={places}
                            onSheet={() => setOpened("sheet")}
                            onClose={() => setOpened(null)}
                        />
                    )}
                    {opened === "sheet" && <ShortcutSheet destinations={places} onClose={() => setOpened(null)} />}
                </Suspense>
                <Suspense>{isWaiting && <SignInOver />}</Suspense>
                <Toaster />
            </QueryClientProvider>
        </CSPProvider>
    );
}
