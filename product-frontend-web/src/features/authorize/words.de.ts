import { rich } from "@/lib/language/rich";
import type { AuthorizeWords } from "./words";

const german: AuthorizeWords = {
    title: (client) => `Bei ${client} anmelden`,
    asks: (client, email, organization) => rich`${client} bittet Sie, sich als ${email} von ${organization} anzumelden. Es kann dann:`,
    scopes: {
        openid: "wissen, dass Sie es sind",
        profile: "Ihren Namen sehen",
        email: "Ihre E-Mail-Adresse sehen",
        api: "lesen und ändern, was Sie in Ihrer Organisation können",
    },
    cancel: "Abbrechen",
    proceed: "Weiter",
    oneMoment: "Einen Moment",
    linkDoesNotWork: "Dieser Anmeldelink funktioniert nicht",
};

export default german;
