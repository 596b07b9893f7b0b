import { supportView } from "./browser-session";

/** "Page - Organization - Phase Zero", with a mark in front where a support session looks at it. */
export function documentTitle(page: string, organization?: string): string {
    const names = [page, organization, "Phase Zero"].filter(Boolean).join(" - ");
    return supportView ? `[support] ${names}` : names;
}
