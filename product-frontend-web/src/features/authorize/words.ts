import type { ReactNode } from "react";
import { rich } from "@/lib/language/rich";
import { defineWords } from "@/lib/language/words";

export const words = defineWords("authorize", {
    title: (client: string) => `Sign in to ${client}`,
    asks: (client: ReactNode, email: ReactNode, organization: ReactNode) =>
        rich`${client} asks you to sign in as ${email} of ${organization}. It will be able to:`,
    scopes: {
        openid: "Know that it is you",
        profile: "See your name",
        email: "See your e-mail address",
        api: "Read and change what you can in your organization",
    },
    cancel: "Cancel",
    proceed: "Continue",
    oneMoment: "One moment",
    linkDoesNotWork: "This sign-in link does not work",
});

export type AuthorizeWords = typeof words;
