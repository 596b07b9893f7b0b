import { useState } from "react";
import { useCountdown } from "@/lib/use-countdown";
import { type SignInFailure, signInFailure } from "./sign-in-failure";

/** One thing that a form of the sign-in pages tries: whether it is under way, why it failed, how long to wait. */
export function useAttempt(explain: (error: unknown) => SignInFailure = signInFailure) {
    const [busy, setBusy] = useState(false);
    const [failure, setFailure] = useState<SignInFailure | null>(null);
    const wait = useCountdown(failure?.retryAt);

    /** True when it worked; what the work throws is shown, unless `handled` takes it. */
    async function attempt(work: () => Promise<void>, handled: (error: unknown) => boolean = () => false): Promise<boolean> {
        if (busy || wait > 0) {
            return false;
        }
        setBusy(true);
        setFailure(null);
        try {
            await work();
            return true;
        } catch (error) {
            if (!handled(error)) {
                setFailure(explain(error));
            }
            return false;
        } finally {
            setBusy(false);
        }
    }

    return { busy, failure, wait, attempt };
}
