import { defineWords } from "@/lib/language/words";

export const words = defineWords("orgs", {
    title: "Organizations",
    intro: "Every organization on the platform. What they store stays theirs: it is not shown here.",
    caption: "Organizations on the platform",
    searchLabel: "Search organizations by name, by the beginning of their short name, or by id",
    searchPlaceholder: "Name, short name or id",
    anyState: "Any state",
    loading: "Loading organizations",
    noMatch: "No organization matches",
    none: "No organizations yet",
    noneText: "They appear here as soon as they exist.",
    name: "Name",
    plan: "Plan",
    id: "Id",
    copyIdOf: (name: string) => `Copy the id of ${name}`,
    onThisPage: (count: number) => (count === 1 ? "1 organization on this page" : `${count} organizations on this page`),
});

export type OrgWords = typeof words;
