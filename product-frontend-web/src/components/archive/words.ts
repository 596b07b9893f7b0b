import { defineWords } from "@/lib/language/words";

export const words = defineWords("archive", {
    title: "Export everything",
    text: "One archive (tar) with every item, project, integration and person of the organization, all as they are at one moment.",
    left: "Passwords, sessions and the secrets of integrations are not in it. The audit log tells who exported, and when.",
    action: "Export",
    preparing: "The archive is on its way.",
    soFar: (size: string) => `${size} so far`,
    done: (size: string) => `The archive is complete: ${size}.`,
    stopped: "Stopped. Nothing of it was kept.",
    brokeOff: "The archive broke off, so nothing of it was kept. Try again; one that takes longer than ten minutes, whoever runs the platform can make.",
});

export type ArchiveWords = typeof words;
