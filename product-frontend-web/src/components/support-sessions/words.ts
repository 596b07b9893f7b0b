import { defineWords } from "@/lib/language/words";

/** What both sides of a support session read: the agent, and the organization that is looked into. */
export const words = defineWords("support-sessions", {
    modes: { ro: "Read-only", rw: "May change data" },
    reason: "Reason",
    noReason: "No reason was given.",
    ticket: "Ticket",
    by: "By",
    asMember: "Acts as member",
    asked: "Asked",
    askedFor: "Wants",
    minutes: (count: number) => (count === 1 ? "1 minute" : `${count} minutes`),
    started: "Started",
    timeLeft: "Time left",
    ended: "Ended",
    why: "Because",
    requests: "Requests",
    endings: {
        agent: "The agent was done",
        platform_admin: "A platform admin ended it",
        tenant_admin: "An admin of the organization ended it",
        unanswered: "Nobody answered within an hour",
        time: "The time was up",
        idle: "Ten minutes without a request",
        agent_changed: "The agent's account changed",
        signed_out: "The agent signed out",
        organization: "The organization's state changed",
        policy: "The organization does not allow support any more",
    },
    refused: "It was refused",
});

export type SupportSessionsWords = typeof words;
