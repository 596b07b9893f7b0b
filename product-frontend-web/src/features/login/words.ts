import { defineWords } from "@/lib/language/words";

export const words = defineWords("login", {
    title: "Sign in",
    intro: "Welcome back. Use your work e-mail address.",
    email: "E-mail",
    password: "Password",
    capsLock: "Caps Lock is on.",
    showPassword: "Show the password",
    show: "Show",
    hide: "Hide",
    signIn: "Sign in",
    signingIn: "Signing in",
    waitAMoment: "Please wait a moment.",
    tryNow: "You can try again now.",
    notices: {
        expired: "Your session has ended. Sign in to go on where you were.",
        signed_out: "You are signed out.",
        again: "Sign in again to go on.",
        suspended: "Your organization has been suspended, so you were signed out.",
    },
    failures: {
        tooMany: "Too many attempts.",
        suspended: "This organization is suspended. Its administrator can tell you more.",
        wrong: "The e-mail address or the password is not right.",
        busy: "Sign-in is busy.",
        unreachable: "The server cannot be reached. Check your connection and try again.",
        other: (reference: string) => `Signing in did not work ${reference}. Please try again.`,
        otherUnnamed: "Signing in did not work. Please try again.",
    },
    demoAccounts: "Demo accounts",
    brandLine: "Every organization in its own orbit.",
    brandText: "One platform, kept strictly apart: your data is yours alone, and every action has a name behind it.",
    language: "Language",
});

export type LoginWords = typeof words;
