import { notifyProblem } from "@/components/ui/toasts";
import { supportView } from "@/lib/session/browser-session";
import { words } from "../words";

/** Ends the support session that the page is inside of, and goes back to where it began. */
export async function endView(): Promise<void> {
    try {
        await supportView?.stop();
    } catch (error) {
        notifyProblem(words.view.notEnded, error);
    }
}
