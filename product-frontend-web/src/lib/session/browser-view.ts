import { findSupportSession, stopSupportSession, supportGrant } from "../api/support-sessions";
import { ownSession, speakFor } from "./browser-session";
import { cameFrom } from "./came-from";
import { createSupportView, type SupportView } from "./support-view";
import { addressOfSession } from "./view-address";

/** Makes this tab's pages those of a support session, wired to the API and the browser. */
export function openSupportView(id: string): SupportView {
    const view = createSupportView({
        own: ownSession,
        findSession: () => findSupportSession(id, ownSession),
        grant: (agentToken) => supportGrant(agentToken, id),
        stopSession: () => stopSupportSession(id, ownSession),
        leave(to) {
            if (to === "sign_in") {
                location.replace(`/login?${new URLSearchParams({ next: location.pathname + location.search })}`);
            } else {
                location.replace(to === "beginning" ? cameFrom.take() : addressOfSession(id));
            }
        },
        now: () => performance.now(),
    });
    speakFor(view);
    // A page that the browser kept as it was left would show the customer's data again.
    addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
    return view;
}
