import { lazy, Suspense } from "react";
import { common } from "@/lib/language/common";
import { CopyButton } from "./ui/copy-button";
import { Skeleton } from "./ui/skeleton";

const QrCode = lazy(() => import("./ui/qr-code"));

interface AuthenticatorKeyProps {
    /** otpauth://…, what the QR code says. */
    uri: string;
    /** The same for people who type: base32. */
    secret: string;
}

/** What an authenticator app is set up with: scanned, or typed where there is no camera. */
export function AuthenticatorKey({ uri, secret }: AuthenticatorKeyProps) {
    const groups = secret.match(/.{1,4}/g)?.join(" ") ?? secret;
    return (
        <div className="grid justify-items-center gap-4 rounded-xl border border-line bg-sunken p-5">
            <Suspense fallback={<Skeleton className="size-44" />}>
                <QrCode text={uri} label={common.authenticator.qrCode} />
            </Suspense>
            <div className="grid justify-items-center gap-1 text-center">
                <p className="text-xs text-ink-soft">{common.authenticator.noCamera}</p>
                <p className="flex items-center gap-1">
                    <code className="font-mono text-xs leading-5 font-semibold break-words">{groups}</code>
                    <CopyButton text={secret} label={common.authenticator.copyKey} className="size-8" />
                </p>
            </div>
        </div>
    );
}
