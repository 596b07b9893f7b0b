import { codeGrant, organizationGrant, passwordGrant, proofGrant, refreshGrant, revokeSession } from "../api/tokens";
import { signRequestsWith } from "../api/transport";
import { createSession, type EndReason, type Session, type TabMessage } from "./session";
import type { SupportView } from "./support-view";
import { holdsInput } from "./typed-input";

const name = "pz.session";
const tabs = new BroadcastChannel(name);

function leave(reason: EndReason): void {
    const search = new URLSearchParams({ notice: reason });
    if (reason === "expired" || reason === "again") {
        search.set("next", location.pathname + location.search);
    }
    location.replace(`/login?${search}`);
}

/** The session of whoever signed in here, wired to Web Locks, BroadcastChannel and the API. */
export const ownSession = createSession({
    passwordGrant,
    codeGrant,
    proofGrant,
    organizationGrant,
    refreshGrant,
    revokeSession,
    exclusively: (work) => navigator.locks.request(name, work),
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel has no other origin
    tellOtherTabs: (message) => tabs.postMessage(message),
    leave,
    holdsInput,
    startOver: () => location.replace("/"),
    remember(signedIn) {
        try {
            if (signedIn) {
                localStorage.setItem(name, "1");
            } else {
                localStorage.removeItem(name);
            }
        } catch {
            // Blocked storage costs one refused refresh on the sign-in page, nothing more.
        }
    },
    now: () => performance.now(),
});

tabs.addEventListener("message", (event: MessageEvent<TabMessage>) => ownSession.hear(event.data));

/** Whom this tab's pages speak for: whoever signed in, or a support session of theirs. */
export let session: Session = ownSession;
signRequestsWith(ownSession);

/** The support session that this tab's pages are inside of; null on the pages of one's own. */
export let supportView: SupportView | null = null;

/** From now on, and before the first page, everything on this one is the support session's. */
export function speakFor(view: SupportView): void {
    supportView = view;
    session = { ...ownSession, identity: view.identity, restore: view.restore, accessToken: view.accessToken, renew: view.renew };
    signRequestsWith(view);
}

/** Whether a refresh is worth trying where nobody has to be signed in. Holds no secret: "1" or nothing. */
export function maybeSignedIn(): boolean {
    try {
        return localStorage.getItem(name) !== null;
    } catch {
        return true;
    }
}
