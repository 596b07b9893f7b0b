import type { ProofWords } from "./words";

const german: ProofWords = {
    title: "Sind Sie es wirklich?",
    text: "Das ist eine zweite Frage wert. Weisen Sie sich deshalb noch einmal aus.",
    code: "Code Ihrer Authenticator-App",
    codeHint: "Oder einer Ihrer Ersatzcodes.",
    codeMissing: "Bitte einen Code.",
    codeTooShort: "Mindestens 6 Ziffern.",
    wrongCode: "Dieser Code stimmt nicht, oder er ist schon benutzt.",
    password: "Ihr Passwort",
    passwordMissing: "Bitte Ihr Passwort.",
    submit: "Weiter",
};

export default german;
