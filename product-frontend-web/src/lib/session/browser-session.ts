import { codeGrant, organizationGrant, passwordGrant, proofGrant, refreshGrant, revokeSession } from "../api/tokens";
import { signRequestsWith } from "../api/transport";
import { createSession, type EndReason, type TabMessage } from "./session";

const name = "pz.session";
const tabs = new BroadcastChannel(name);

function leave(reason: EndReason): void {
    const search = new URLSearchParams({ notice: reason });
    if (reason === "expired" || reason === "again") {
        search.set("next", location.pathname + location.search);
    }
    location.replace(`/login?${search}`);
}

/** This tab's session, wired to Web Locks, BroadcastChannel and the API. */
export const session = createSession({
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

tabs.addEventListener("message", (event: MessageEvent<TabMessage>) => session.hear(event.data));
signRequestsWith(session);

/** Whether a refresh is worth trying where nobody has to be signed in. Holds no secret: "1" or nothing. */
export function maybeSignedIn(): boolean {
    try {
        return localStorage.getItem(name) !== null;
    } catch {
        return true;
    }
}
