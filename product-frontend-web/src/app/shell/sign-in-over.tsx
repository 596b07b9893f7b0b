import { useQuery } from "@tanstack/react-query";
import { type SyntheticEvent, useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { SignIn } from "@/features/login/components/sign-in";
import { LeavePage } from "@/features/login/components/sign-in-frame";
import { words } from "@/features/login/words";
import { meQuery } from "@/lib/api/me";
import { ownSession } from "@/lib/session/browser-session";

const stop = (event: SyntheticEvent) => event.stopPropagation();

/**
 * Signing in again on top of a page that holds what somebody typed. The browser's own modal dialog, because it lies over the
 * page's dialogs and makes them inert, and opaque: until then the page is nobody's to read.
 */
export default function SignInOver() {
    const dialog = useRef<HTMLDialogElement>(null);
    const { data: me } = useQuery({ ...meQuery, enabled: false });

    useLayoutEffect(() => {
        const opened = dialog.current;
        opened?.showModal();
        [...(opened?.querySelectorAll("input") ?? [])].find(({ value }) => value === "")?.focus();
        // Gives the focus back to where it was; being taken away would not.
        return () => opened?.close();
    }, []);

    return createPortal(
        <dialog
            ref={dialog}
            aria-label={words.title}
            tabIndex={-1}
            // Neither Escape nor a press may reach the page's own dialogs, which would close and lose what they hold.
            onKeyDown={stop}
            onPointerDown={stop}
            onCancel={(event) => event.preventDefault()}
            onClose={() => dialog.current?.showModal()}
            className="fixed inset-0 m-0 size-full max-h-none max-w-none overflow-y-auto bg-surface text-sm text-ink outline-none"
        >
            <LeavePage value={ownSession.leave}>
                <SignIn notice="kept" email={me?.person.email} onSignedIn={async () => undefined} />
            </LeavePage>
        </dialog>,
        document.body,
    );
}
