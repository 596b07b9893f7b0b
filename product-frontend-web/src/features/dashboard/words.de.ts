import type { DashboardWords } from "./words";

const german: DashboardWords = {
    title: "Übersicht",
    intro: (organization) => `So steht es um ${organization}.`,
    introUnnamed: "So steht es um Ihre Organisation.",
    items: "Einträge",
    openItems: "Offene Einträge",
    projects: "Projekte",
    allItems: "Alle Einträge ansehen",
    whatIsOpen: "Offene ansehen",
    allProjects: "Alle Projekte ansehen",
    orMore: " oder mehr",
    newest: "Neueste Einträge",
    all: "Alle Einträge",
    loadingItems: "Einträge werden geladen",
    nothingYet: "Noch nichts da",
    nothingYetText: "Legen Sie den ersten Eintrag an, dann steht er hier.",
    goToItems: "Zu den Einträgen",
    organization: "Organisation",
    loadingOrganization: "Die Organisation wird geladen",
    name: "Name",
    shortName: "Kurzname",
    plan: "Tarif",
    id: "Id",
    copyId: "Id der Organisation kopieren",
    since: "Seit",
    later: "Mitglieder, Anfragen und das Prüfprotokoll stehen auf dieser Seite, sobald die Plattform sie meldet.",
};

export default german;
