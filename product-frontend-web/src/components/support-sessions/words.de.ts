import type { SupportSessionsWords } from "./words";

const german: SupportSessionsWords = {
    modes: { ro: "Nur lesend", rw: "Darf ändern" },
    reason: "Grund",
    noReason: "Es wurde kein Grund genannt.",
    ticket: "Ticket",
    by: "Von",
    asMember: "Als Mitglied",
    asked: "Angefragt",
    askedFor: "Möchte",
    minutes: (count) => (count === 1 ? "1 Minute" : `${count} Minuten`),
    started: "Begonnen",
    timeLeft: "Restzeit",
    ended: "Beendet",
    why: "Weil",
    requests: "Anfragen",
    endings: {
        agent: "Der Support war fertig",
        platform_admin: "Ein Plattform-Administrator hat sie beendet",
        tenant_admin: "Ein Administrator der Organisation hat sie beendet",
        unanswered: "Eine Stunde lang hat niemand geantwortet",
        time: "Die Zeit war um",
        idle: "Zehn Minuten ohne Anfrage",
        agent_changed: "Das Konto des Support-Mitarbeiters hat sich geändert",
        signed_out: "Der Support-Mitarbeiter hat sich abgemeldet",
        organization: "Der Zustand der Organisation hat sich geändert",
        policy: "Die Organisation erlaubt keinen Support mehr",
    },
    refused: "Sie wurde abgelehnt",
};

export default german;
