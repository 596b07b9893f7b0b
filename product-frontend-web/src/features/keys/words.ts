import { defineWords } from "@/lib/language/words";

export const words = defineWords("keys", {
    title: "Signing keys",
    intro: "They sign every access token. They change by themselves, and nobody notices; here you see when, and can be quicker.",
    loading: "Loading the signing keys",
    published: "Published",
    publishedText: "Verifiers have these keys and accept what they sign.",
    ended: "Not published any more",
    endedText: "The last ones. Nothing that they signed is accepted.",
    meanings: {
        next: "Stands by. It is published, and signs nothing yet.",
        active: "Signs every token that is issued now.",
        retiring: "Signs no more. Its tokens are good until they expire.",
        retired: "Its tokens have expired.",
        revoked: "Its tokens are refused.",
    } as Record<string, string>,
    since: {
        published: "Published",
        active: "Signs since",
        signed: "Began to sign",
        retiring: "Stopped signing",
        retired: "Retired",
        revoked: "Revoked",
    },
    becomes: {
        active: (when: string) => `Begins to sign ${when}`,
        retiring: (when: string) => `Stops signing ${when}`,
        retired: (when: string) => `Retires ${when}`,
    } as Record<string, (when: string) => string>,
    knownFrom: (when: string) => `Every verifier has it ${when}`,
    copyKid: "Copy the key's id",
    rotate: {
        open: "Rotate",
        title: "Rotate the signing keys?",
        text: "The staged key signs from now on. The one that signs now stays published until its last token has expired, so nobody is signed out. Another key is staged.",
        early: (when: string) =>
            `The staged key was published too short a while ago: some verifiers get it only ${when}. Until they fetch it they refuse its tokens, for some minutes.`,
        action: "Rotate now",
        earlyAction: "Rotate all the same",
        done: "The staged key signs from now on",
        failed: "The keys were not rotated",
        none: "No key is staged.",
    },
    revoke: {
        open: "Revoke",
        openFor: (kid: string) => `Revoke ${kid}`,
        title: "Revoke this key?",
        effects: {
            next: [
                "It has signed nothing, so nobody notices.",
                "Another key is staged in its place, and is published for its full time before it signs.",
            ],
            active: [
                "Every token that it signed is refused from now on, by every service, yours included.",
                "Who is signed in gets new tokens by itself and goes on; sessions stay.",
                "The staged key signs from now on. Verifiers that have not fetched it yet refuse its tokens for some minutes.",
            ],
            retiring: ["Every token that it signed is refused from now on.", "Who is signed in gets new tokens by itself and goes on."],
            retired: ["Its tokens have expired already. It is marked as revoked, for whoever asks later."],
        } as Record<string, string[]>,
        forGood: "This cannot be undone.",
        type: "Type the first six characters of its id to confirm",
        differs: "Those are not its first six characters.",
        action: "Revoke for good",
        done: "The key is revoked",
    },
});

export type KeyWords = typeof words;
