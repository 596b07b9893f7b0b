import type { ArchiveWords } from "./words";

const german: ArchiveWords = {
    title: "Alles exportieren",
    text: "Ein Archiv (tar) mit allen Einträgen, Projekten, Anbindungen und Personen der Organisation, alles vom selben Augenblick.",
    left: "Passwörter, Sitzungen und die Geheimnisse der Anbindungen sind nicht darin. Das Prüfprotokoll sagt, wer wann exportiert hat.",
    action: "Exportieren",
    preparing: "Das Archiv ist unterwegs.",
    soFar: (size) => `${size} bisher`,
    done: (size) => `Das Archiv ist vollständig: ${size}.`,
    stopped: "Angehalten. Nichts davon wurde behalten.",
    brokeOff: "Das Archiv brach ab, deshalb wurde nichts davon behalten. Versuchen Sie es noch einmal; eines, das länger als zehn Minuten braucht, kann der Betreiber der Plattform machen.",
};

export default german;
