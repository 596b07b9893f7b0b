import type { ReactNode } from "react";
import { rich } from "@/lib/language/rich";
import { defineWords } from "@/lib/language/words";

export const words = defineWords("support", {
    title: "Support",
    intro: "Find the organization that asked for help.",
    lookUpTitle: "Look up an organization",
    lookUpText: "By name, short name or id. You see who they are, not what they store.",
    search: "Name, short name or id",
    lookUp: "Look up",
    slashHint: (key: ReactNode) => rich`Press ${key} anywhere on this page to search.`,
    guidelines: {
        title: "When you look into an organization",
        least: "Least access",
        leastText: "Look at no more than the question needs.",
        reason: "A real reason",
        reasonText: "Write what you are solving; the organization can read it.",
        stop: "Stop when done",
        stopText: "Access that is not needed any more is ended, not left to run out.",
    },
    lookup: {
        title: "Lookup",
        intro: "Organizations by name, short name or id.",
        results: "Results",
        who: "Who needs help?",
        whoText: "Type the beginning of a name, or paste an id from a ticket.",
        searching: "Searching",
        nothingFor: (text: string) => `Nothing found for “${text}”`,
        nothingText: "Check the spelling, or ask for the id shown on the organization's dashboard.",
        copyIdOf: (name: string) => `Copy the id of ${name}`,
    },
});

export type SupportWords = typeof words;
