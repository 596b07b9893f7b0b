import { defineWords } from "@/lib/language/words";

export const words = defineWords("proof", {
    title: "Is it really you?",
    text: "This is worth asking twice, so prove it once more.",
    code: "Code of your authenticator app",
    codeHint: "Or one of your recovery codes.",
    codeMissing: "A code, please.",
    codeTooShort: "At least 6 digits.",
    wrongCode: "This code is not right, or it has been used.",
    password: "Your password",
    passwordMissing: "Your password, please.",
    submit: "Continue",
});

export type ProofWords = typeof words;
