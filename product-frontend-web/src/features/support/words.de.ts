import { rich } from "@/lib/language/rich";
import type { SupportWords } from "./words";

const german: SupportWords = {
    title: "Support",
    intro: "Finden Sie die Organisation, die um Hilfe gebeten hat.",
    lookUpTitle: "Eine Organisation nachschlagen",
    lookUpText: "Nach Name, Kurzname oder Id. Sie sehen, wer sie ist, nicht, was sie speichert.",
    search: "Name, Kurzname oder Id",
    lookUp: "Nachschlagen",
    slashHint: (key) => rich`Mit ${key} suchen Sie überall auf dieser Seite.`,
    guidelines: {
        title: "Wenn Sie in eine Organisation hineinsehen",
        least: "So wenig wie möglich",
        leastText: "Sehen Sie nicht mehr an, als die Frage braucht.",
        reason: "Ein echter Grund",
        reasonText: "Schreiben Sie, was Sie lösen; die Organisation kann es lesen.",
        stop: "Fertig heißt beenden",
        stopText: "Zugang, der nicht mehr gebraucht wird, wird beendet und läuft nicht einfach aus.",
    },
    lookup: {
        title: "Nachschlagen",
        intro: "Organisationen nach Name, Kurzname oder Id.",
        results: "Ergebnisse",
        who: "Wer braucht Hilfe?",
        whoText: "Tippen Sie den Anfang eines Namens, oder fügen Sie eine Id aus einem Ticket ein.",
        searching: "Suche läuft",
        nothingFor: (text) => `Nichts gefunden für „${text}“`,
        nothingText: "Prüfen Sie die Schreibweise, oder fragen Sie nach der Id auf der Übersicht der Organisation.",
        copyIdOf: (name) => `Id von ${name} kopieren`,
    },
};

export default german;
