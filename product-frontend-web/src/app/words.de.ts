import type { ShellWords } from "./words";

const german: ShellWords = {
    account: "Konto",
    accountOf: (name) => `Konto: ${name}`,
    roleAt: (role, organization) => `${role} bei ${organization}`,
    signOut: "Abmelden",
    notSignedOut: "Sie konnten nicht abgemeldet werden",
    theme: "Farben",
    themes: { light: "Hell", dark: "Dunkel", system: "Wie das System" },
    language: "Sprache",
    navigation: "Hauptnavigation",
    openNavigation: "Navigation öffnen",
    closeNavigation: "Navigation schließen",
    widenNavigation: "Navigation verbreitern",
    narrowNavigation: "Navigation verkleinern",
    skipToContent: "Zum Inhalt",
    offline: "Sie sind offline. Was Sie sehen, ist vielleicht veraltet; Änderungen warten, bis die Verbindung wieder da ist.",
    areas: { admin: "Plattformverwaltung", support: "Support" },
    destinations: {
        dashboard: "Übersicht",
        items: "Einträge",
        projects: "Projekte",
        orgs: "Organisationen",
        support: "Support",
        lookup: "Nachschlagen",
    },
    environments: { demo: "Demo", test: "Test" },
    failed: { documentTitle: "Etwas ist schiefgegangen", title: "Diese Seite ließ sich nicht öffnen" },
    forbidden: {
        title: "Nicht für Ihre Rolle",
        needs: (roles) => `Diese Seite braucht die Rolle ${roles}`,
        text: (role) => `Sie sind angemeldet als ${role}. Wenn Sie Zugang brauchen, fragen Sie einen Administrator.`,
    },
    notFound: {
        title: "Seite nicht gefunden",
        nothingHere: "Unter dieser Adresse ist keine Seite",
        text: "Der Link ist vielleicht alt, oder es fehlt ein Zeichen darin.",
    },
};

export default german;
