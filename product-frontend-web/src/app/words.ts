import { defineWords } from "@/lib/language/words";

/** What the shell says around every page, and the pages that belong to no feature. */
export const words = defineWords("shell", {
    account: "Account",
    accountOf: (name: string) => `Account: ${name}`,
    roleAt: (role: string, organization: string) => `${role} at ${organization}`,
    signOut: "Sign out",
    notSignedOut: "You could not be signed out",
    theme: "Theme",
    themes: { light: "Light", dark: "Dark", system: "As the system" },
    language: "Language",
    navigation: "Main",
    openNavigation: "Open the navigation",
    closeNavigation: "Close the navigation",
    widenNavigation: "Widen the navigation",
    narrowNavigation: "Narrow the navigation",
    skipToContent: "Skip to content",
    offline: "You are offline. What you see may be out of date; changes wait until the connection is back.",
    areas: { admin: "Platform administration", support: "Support" },
    destinations: {
        dashboard: "Dashboard",
        items: "Items",
        projects: "Projects",
        orgs: "Organizations",
        support: "Support",
        lookup: "Lookup",
    },
    environments: { demo: "Demo", test: "Test" } as Record<string, string>,
    failed: { documentTitle: "Something went wrong", title: "This page could not be opened" },
    forbidden: {
        title: "Not for your role",
        needs: (roles: string) => `This page needs the role ${roles}`,
        text: (role: string) => `You are signed in as ${role}. If you need access, ask an administrator.`,
    },
    notFound: {
        title: "Page not found",
        nothingHere: "There is no page at this address",
        text: "The link may be old, or a letter may be missing from it.",
    },
});

export type ShellWords = typeof words;
