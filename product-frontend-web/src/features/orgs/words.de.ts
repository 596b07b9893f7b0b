import type { OrgWords } from "./words";

const german: OrgWords = {
    title: "Organisationen",
    intro: "Jede Organisation auf der Plattform. Was sie speichern, bleibt ihres: Hier steht es nicht.",
    caption: "Organisationen auf der Plattform",
    searchLabel: "Organisationen nach Name, nach dem Anfang ihres Kurznamens oder nach Id suchen",
    searchPlaceholder: "Name, Kurzname oder Id",
    anyState: "Jeder Zustand",
    loading: "Organisationen werden geladen",
    noMatch: "Keine Organisation passt",
    none: "Noch keine Organisationen",
    noneText: "Sie stehen hier, sobald es sie gibt.",
    name: "Name",
    plan: "Tarif",
    id: "Id",
    copyIdOf: (name) => `Id von ${name} kopieren`,
    onThisPage: (count) => (count === 1 ? "1 Organisation auf dieser Seite" : `${count} Organisationen auf dieser Seite`),
};

export default german;
