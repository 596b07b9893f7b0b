import { onlineManager } from "@tanstack/react-query";
import { WifiOff } from "lucide-react";
import { useSyncExternalStore } from "react";
import { words } from "../words";

export function OfflineBanner() {
    const online = useSyncExternalStore(
        (listener) => onlineManager.subscribe(listener),
        () => onlineManager.isOnline(),
    );
    return (
        <div role="status">
            {!online && (
                <p className="flex items-center justify-center gap-2 bg-warn-soft px-4 py-2 text-center text-xs font-medium text-warn">
                    <WifiOff className="size-4 shrink-0" aria-hidden="true" />
                    {words.offline}
                </p>
            )}
        </div>
    );
}
