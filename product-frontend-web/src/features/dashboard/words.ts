import { defineWords } from "@/lib/language/words";

export const words = defineWords("dashboard", {
    title: "Dashboard",
    intro: (organization: string) => `Where ${organization} stands.`,
    introUnnamed: "Where your organization stands.",
    items: "Items",
    openItems: "Open items",
    projects: "Projects",
    allItems: "See all items",
    whatIsOpen: "See what is open",
    allProjects: "See all projects",
    orMore: " or more",
    newest: "Newest items",
    all: "All items",
    loadingItems: "Loading items",
    nothingYet: "Nothing here yet",
    nothingYetText: "Create the first item, and it will show up here.",
    goToItems: "Go to items",
    organization: "Organization",
    loadingOrganization: "Loading the organization",
    name: "Name",
    shortName: "Short name",
    plan: "Plan",
    id: "Id",
    copyId: "Copy the organization's id",
    since: "Since",
    later: "Members, requests and the audit log will be shown on this page once the platform reports them.",
});

export type DashboardWords = typeof words;
