import type { LoginWords } from "./words";

const german: LoginWords = {
    title: "Anmelden",
    intro: "Willkommen zurück. Nehmen Sie Ihre dienstliche E-Mail-Adresse.",
    email: "E-Mail",
    password: "Passwort",
    capsLock: "Die Feststelltaste ist an.",
    showPassword: "Passwort zeigen",
    show: "Zeigen",
    hide: "Verbergen",
    signIn: "Anmelden",
    signingIn: "Anmeldung läuft",
    waitAMoment: "Bitte warten Sie einen Moment.",
    tryNow: "Sie können es jetzt noch einmal versuchen.",
    notices: {
        expired: "Ihre Sitzung ist beendet. Melden Sie sich an, um dort weiterzumachen, wo Sie waren.",
        signed_out: "Sie sind abgemeldet.",
        again: "Melden Sie sich noch einmal an, um weiterzumachen.",
        suspended: "Ihre Organisation wurde gesperrt, deshalb sind Sie abgemeldet.",
    },
    failures: {
        tooMany: "Zu viele Versuche.",
        suspended: "Diese Organisation ist gesperrt. Ihr Administrator kann Ihnen mehr sagen.",
        wrong: "Die E-Mail-Adresse oder das Passwort stimmt nicht.",
        busy: "Die Anmeldung ist ausgelastet.",
        unreachable: "Der Server ist nicht zu erreichen. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.",
        other: (reference) => `Die Anmeldung hat nicht geklappt ${reference}. Bitte versuchen Sie es noch einmal.`,
        otherUnnamed: "Die Anmeldung hat nicht geklappt. Bitte versuchen Sie es noch einmal.",
    },
    demoAccounts: "Demo-Konten",
    brandLine: "Jede Organisation auf ihrer eigenen Bahn.",
    brandText: "Eine Plattform, streng getrennt: Ihre Daten gehören Ihnen allein, und hinter jeder Handlung steht ein Name.",
    language: "Sprache",
};

export default german;
