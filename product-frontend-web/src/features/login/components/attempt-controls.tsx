import { Button } from "@/components/ui/button";
import { FormFailure } from "@/components/ui/form-failure";
import { formatCountdown } from "@/lib/format";
import { common } from "@/lib/language/common";
import type { SignInFailure } from "../sign-in-failure";
import { words } from "../words";

interface AttemptControlsProps {
    busy: boolean;
    failure: SignInFailure | null;
    /** Seconds until the next try makes sense. */
    wait: number;
    action: string;
    busyAction: string;
}

/** The end of a form of the sign-in pages: why the last try failed, and the button for the next one. */
export function AttemptControls({ busy, failure, wait, action, busyAction }: AttemptControlsProps) {
    return (
        <>
            <FormFailure>
                {failure && (
                    <>
                        {failure.text}
                        {failure.retryAt !== undefined && ` ${wait > 0 ? words.waitAMoment : common.tryNow}`}
                    </>
                )}
            </FormFailure>
            <Button type="submit" tone="primary" busy={busy} disabled={wait > 0} className="h-11 w-full">
                {wait > 0 ? common.tryAgainIn(formatCountdown(wait)) : busy ? busyAction : action}
            </Button>
        </>
    );
}
