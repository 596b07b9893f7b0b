import type { KeyWords } from "./words";

const german: KeyWords = {
    title: "Signaturschlüssel",
    intro: "Sie unterschreiben jedes Zugriffstoken. Sie wechseln von selbst, ohne dass es jemand merkt; hier sehen Sie, wann, und können schneller sein.",
    loading: "Die Signaturschlüssel werden geladen",
    published: "Veröffentlicht",
    publishedText: "Prüfende Dienste haben diese Schlüssel und nehmen an, was sie unterschreiben.",
    ended: "Nicht mehr veröffentlicht",
    endedText: "Die letzten. Nichts, was sie unterschrieben haben, wird angenommen.",
    meanings: {
        next: "Steht bereit. Er ist veröffentlicht und unterschreibt noch nichts.",
        active: "Unterschreibt jedes Token, das jetzt ausgestellt wird.",
        retiring: "Unterschreibt nicht mehr. Seine Tokens gelten, bis sie ablaufen.",
        retired: "Seine Tokens sind abgelaufen.",
        revoked: "Seine Tokens werden abgelehnt.",
    },
    since: {
        published: "Veröffentlicht",
        active: "Unterschreibt seit",
        signed: "Unterschrieb ab",
        retiring: "Unterschrieb bis",
        retired: "Ausgedient",
        revoked: "Widerrufen",
    },
    becomes: {
        active: (when) => `Unterschreibt ab: ${when}`,
        retiring: (when) => `Unterschreibt bis: ${when}`,
        retired: (when) => `Hat ausgedient: ${when}`,
    },
    knownFrom: (when) => `Bei allen prüfenden Diensten: ${when}`,
    copyKid: "Id des Schlüssels kopieren",
    rotate: {
        open: "Wechseln",
        title: "Signaturschlüssel wechseln?",
        text: "Ab jetzt unterschreibt der bereitstehende Schlüssel. Der bisherige bleibt veröffentlicht, bis sein letztes Token abgelaufen ist; niemand wird abgemeldet. Ein weiterer Schlüssel wird bereitgestellt.",
        early: (when) =>
            `Der bereitstehende Schlüssel ist erst seit Kurzem veröffentlicht: Manche prüfenden Dienste haben ihn noch nicht (sicher alle: ${when}). Bis sie ihn abholen, lehnen sie seine Tokens einige Minuten lang ab.`,
        action: "Jetzt wechseln",
        earlyAction: "Trotzdem wechseln",
        done: "Ab jetzt unterschreibt der bereitstehende Schlüssel",
        failed: "Die Schlüssel wurden nicht gewechselt",
        none: "Kein Schlüssel steht bereit.",
    },
    revoke: {
        open: "Widerrufen",
        openFor: (kid) => `${kid} widerrufen`,
        title: "Diesen Schlüssel widerrufen?",
        effects: {
            next: [
                "Er hat noch nichts unterschrieben; niemand merkt etwas.",
                "An seiner Stelle wird ein anderer bereitgestellt und vor der ersten Unterschrift die volle Zeit veröffentlicht.",
            ],
            active: [
                "Jedes Token, das er unterschrieben hat, wird ab jetzt von jedem Dienst abgelehnt, auch Ihres.",
                "Wer angemeldet ist, bekommt von selbst neue Tokens und arbeitet weiter; Sitzungen bleiben.",
                "Ab jetzt unterschreibt der bereitstehende Schlüssel. Prüfende Dienste, die ihn noch nicht haben, lehnen seine Tokens einige Minuten lang ab.",
            ],
            retiring: ["Jedes Token, das er unterschrieben hat, wird ab jetzt abgelehnt.", "Wer angemeldet ist, bekommt von selbst neue Tokens und arbeitet weiter."],
            retired: ["Seine Tokens sind schon abgelaufen. Er wird als widerrufen vermerkt, für spätere Fragen."],
        },
        forGood: "Das lässt sich nicht rückgängig machen.",
        type: "Zur Bestätigung die ersten sechs Zeichen seiner Id eingeben",
        differs: "Das sind nicht seine ersten sechs Zeichen.",
        action: "Endgültig widerrufen",
        done: "Der Schlüssel ist widerrufen",
    },
};

export default german;
